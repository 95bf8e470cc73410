/** Which app a command is about: what its options say, else the environment, else the one that runs on this machine. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "durable-lambda/aws";
import { UsageError } from "../output/usage-error";
import { version } from "../version";
import type { InspectedApp } from "./inspected-app";
import { RemoteApp } from "./remote-app";
import { StackApp } from "./stack-app";

export interface WhichApp {
  /** A CloudFormation stack with an `ActorApp`. */
  readonly stack?: string;
  /** Of a development server. */
  readonly url?: string;
}

/** Where a development server says where it is, for commands in the same project. */
export const DEV_FILE = join(".durable", "dev.json");
const DEFAULT_URL = "http://127.0.0.1:3000";

/** @throws UsageError; whatever `environmentOfStack` throws */
export async function findApp({ stack, url }: WhichApp): Promise<InspectedApp> {
  if (stack !== undefined && url !== undefined) {
    throw new UsageError("Give --stack or --url, not both.", { stack, url });
  }
  if (stack !== undefined) return appOfStack(stack);
  if (url !== undefined) return new RemoteApp(checkUrl(url));
  const { DURABLE_TABLE: table } = process.env;
  if (table) return appOn(process.env, table);
  return new RemoteApp(runningUrl() ?? DEFAULT_URL);
}

/** @throws UsageError; whatever `environmentOfStack` throws */
export async function findDeployed(stack: string | undefined): Promise<InspectedApp> {
  if (stack !== undefined) return appOfStack(stack);
  const { DURABLE_TABLE: table } = process.env;
  if (table) return appOn(process.env, table);
  throw new UsageError(
    "Name the app: --stack my-stack, or the environment variables DURABLE_TABLE and the others.",
  );
}

async function appOfStack(stack: string): Promise<InspectedApp> {
  return appOn(await aws().environmentOfStack(stack), stack);
}

function appOn(variables: Environment, name: string): InspectedApp {
  const { inspectionFromEnvironment, lambdaTransport } = aws();
  const { DURABLE_ROUTER: router } = variables;
  return new StackApp({
    name,
    version,
    inspection: inspectionFromEnvironment(variables),
    ...(router ? { transport: lambdaTransport({ functionName: router }) } : {}),
  });
}

/** By the package's own name, since that stays a file of its own: the AWS SDK takes half a second to load. */
function aws(): typeof import("durable-lambda/aws") {
  return require("durable-lambda/aws") as typeof import("durable-lambda/aws");
}

/** @throws UsageError */
function checkUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new UsageError(`--url ${url} is no URL such as ${DEFAULT_URL}.`, { url });
}

function runningUrl(): string | undefined {
  if (!existsSync(DEV_FILE)) return undefined;
  try {
    const { url } = JSON.parse(readFileSync(DEV_FILE, "utf8")) as { url?: unknown };
    return typeof url === "string" && URL.canParse(url) ? url : undefined;
  } catch {
    // A server that was killed while it wrote: the usual address is as good a guess.
    return undefined;
  }
}
