/** Refuses props that could not work, when the app is synthesised and not when it is deployed. */
import { existsSync } from "node:fs";
import { Token } from "aws-cdk-lib";
import { InvalidDefinition } from "../lib/errors";
import { checkPattern } from "../lib/events/pattern";
import { quote } from "../lib/quote";
import { type ActorAppProps, DEFAULT_MAX_CONCURRENCY, type ResourceNames, type RouterProps } from "./props";

const MAX_TIMEOUT_SECONDS = 900;
/** What names of the app's own variables begin with or are. */
const OWN_VARIABLE = /^(DURABLE_|(WORKFLOW_TABLE|POWERTOOLS_METRICS_NAMESPACE)$)/;

/** All of them go with `entry`. */
const OF_ROUTER = [
  "entry",
  "handler",
  "memorySize",
  "timeout",
  "architecture",
  "reservedConcurrency",
  "environment",
  "bundling",
  "vpc",
  "vpcSubnets",
  "securityGroups",
] as const satisfies readonly (keyof RouterProps)[];

const PROPS: ReadonlySet<string> = new Set<keyof ActorAppProps>([
  ...OF_ROUTER,
  "router",
  "events",
  "names",
  "bus",
  "encryptionKey",
  "removalPolicy",
  "pointInTimeRecovery",
  "maxConcurrency",
  "logRetention",
  "metricsNamespace",
  "functionUrl",
  "alarms",
  "dashboard",
]);

const TABLE = /^[\w.-]{3,255}$/;
const QUEUE = /^[\w-]{1,80}$/;
const FIFO_QUEUE = /^[\w-]{1,75}\.fifo$/;

const NAMES: Readonly<Record<keyof ResourceNames, readonly [form: RegExp, what: string]>> = {
  table: [TABLE, "3 to 255 letters, digits, dots, hyphens and underscores"],
  workflowTable: [TABLE, "3 to 255 letters, digits, dots, hyphens and underscores"],
  queue: [FIFO_QUEUE, 'at most 75 letters, digits, hyphens and underscores, and then ".fifo"'],
  deadLetterQueue: [FIFO_QUEUE, 'at most 75 letters, digits, hyphens and underscores, and then ".fifo"'],
  wakeQueue: [QUEUE, 'at most 80 letters, digits, hyphens and underscores, without ".fifo"'],
  bus: [/^(?!default$)[\w./-]{1,256}$/, 'letters, digits, and . - _ /, and not "default"'],
  router: [/^[\w-]{1,64}$/, "at most 64 letters, digits, hyphens and underscores"],
};

/** @throws InvalidDefinition naming the prop, and what it should be */
export function checkProps(props: ActorAppProps): void {
  const unknown = Object.keys(props).find((name) => !PROPS.has(name));
  if (unknown !== undefined) throw invalid(unknown, `is none that there is: ${[...PROPS].join(", ")}`);
  checkRouter(props);
  checkNames(props);
  wholeWithin("maxConcurrency", props.maxConcurrency, 2, 1_000);
  wholeWithin("memorySize", props.memorySize, 128, 10_240);
  wholeWithin("reservedConcurrency", props.reservedConcurrency, 0, 1_000_000);
  if (props.alarms) wholeWithin("alarms.conflicts", props.alarms.conflicts, 0, 1_000_000_000);
  checkTimeout(props);
  for (const name of Object.keys(props.environment ?? {})) {
    if (OWN_VARIABLE.test(name))
      throw invalid(`environment.${name}`, "is a variable that ActorApp sets, by its other props");
  }
  const { reservedConcurrency: reserved, maxConcurrency = DEFAULT_MAX_CONCURRENCY } = props;
  if (reserved !== undefined && reserved < maxConcurrency) {
    throw invalid(
      "maxConcurrency",
      `is ${maxConcurrency}, and the function may have ${reserved} processes only: raise reservedConcurrency, or lower this`,
    );
  }
  for (const [index, pattern] of (props.events ?? []).entries()) checkPattern(pattern, `events[${index}]`);
}

function checkRouter(props: ActorAppProps): void {
  const { entry, router } = props;
  if (router !== undefined) {
    const other = OF_ROUTER.find((name) => props[name] !== undefined);
    if (other !== undefined) {
      throw invalid(other, "is for the function that ActorApp makes: with `router`, set it on that function");
    }
    return;
  }
  if (entry === undefined) {
    throw invalid(
      "entry",
      'is missing: the file that exports handler = createRouter([…]), such as "src/actors.ts"',
    );
  }
  if (props.handler !== undefined && !/^[\w$]+$/.test(props.handler)) {
    throw invalid("handler", `is ${quote(props.handler)}: it is the name of an export of the entry`);
  }
  if (!existsSync(entry)) {
    throw invalid(
      "entry",
      `is ${quote(entry)}, and there is no such file in ${process.cwd()}: it is relative to where the CDK app runs`,
    );
  }
  if (props.vpc !== undefined) return;
  const orphan = (["vpcSubnets", "securityGroups"] as const).find((name) => props[name] !== undefined);
  if (orphan !== undefined) throw invalid(orphan, "goes with `vpc`, which is missing");
}

function checkNames({ names = {}, bus }: ActorAppProps): void {
  for (const [key, name] of Object.entries(names) as [keyof ResourceNames, string | undefined][]) {
    const rule = NAMES[key];
    if (rule === undefined) {
      throw invalid(`names.${key}`, `is no name that there is: ${Object.keys(NAMES).join(", ")}`);
    }
    if (name === undefined || Token.isUnresolved(name)) continue;
    if (!rule[0].test(name)) throw invalid(`names.${key}`, `is ${quote(name)}: it has ${rule[1]}`);
  }
  if (bus !== undefined && names.bus !== undefined) {
    throw invalid("names.bus", "is for the bus that ActorApp makes: with `bus` there is none");
  }
}

function checkTimeout({ timeout }: ActorAppProps): void {
  if (timeout === undefined || timeout.isUnresolved()) return;
  const seconds = timeout.toMilliseconds() / 1_000;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS) return;
  throw invalid(
    "timeout",
    `is ${seconds} s: it is a whole number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}`,
  );
}

function wholeWithin(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(name, `is ${quote(value)}: it is a whole number from ${least} to ${most}`);
}

function invalid(prop: string, problem: string): InvalidDefinition {
  return new InvalidDefinition(`The prop ${prop} of ActorApp ${problem}.`, { prop });
}
