/** Props that could not work are refused when the app is synthesised, with what to change. */
import { Duration } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { InvalidDefinition } from "durable-lambda";
import type { ActorAppProps } from "durable-lambda/infra";
import { SHOP, synth } from "./synth";

const ROWS: readonly [problem: string, props: object, message: RegExp][] = [
  ["no entry", {}, /^The prop entry of ActorApp is missing: .* such as "src\/actors\.ts"\.$/],
  [
    "an entry that is not there",
    { entry: "src/nothing.ts" },
    /entry .* "src\/nothing\.ts", and there is no such file in \//,
  ],
  ["too little memory", { memorySize: 64 }, /memorySize .* is 64: it is a whole number from 128 to 10240/],
  ["no memory size at all", { memorySize: Number.NaN }, /memorySize .* is NaN/],
  [
    "too long a timeout",
    { timeout: Duration.minutes(16) },
    /timeout .* is 960 s: it is a whole number of seconds from 1 to 900/,
  ],
  ["half a second", { timeout: Duration.millis(500) }, /timeout .* is 0\.5 s/],
  ["one batch at once", { maxConcurrency: 1 }, /maxConcurrency .* is 1: it is a whole number from 2 to 1000/],
  [
    "more batches than processes",
    { maxConcurrency: 20, reservedConcurrency: 10 },
    /maxConcurrency .* is 20, and the function may have 10 processes only: raise reservedConcurrency/,
  ],
  [
    "more batches than processes, by default",
    { reservedConcurrency: 10 },
    /maxConcurrency .* is 50, and the function may have 10 processes only/,
  ],
  ["a queue that is not FIFO", { names: { queue: "shop" } }, /names\.queue .* is "shop": it has .*"\.fifo"/],
  [
    "a name that is none",
    { names: { tables: "shop" } },
    /names\.tables .* is no name that there is: table, /,
  ],
  ["the default bus's name", { names: { bus: "default" } }, /names\.bus .* is "default"/],
  [
    "a variable of its own",
    { environment: { DURABLE_TABLE: "x" } },
    /environment\.DURABLE_TABLE .* ActorApp sets/,
  ],
  [
    "a namespace by the back door",
    { environment: { POWERTOOLS_METRICS_NAMESPACE: "x" } },
    /environment\.POWERTOOLS_METRICS_NAMESPACE .* ActorApp sets, by its other props/,
  ],
  [
    "a handler that is no name",
    { handler: "app.handler" },
    /handler .* is "app\.handler": it is the name of an export/,
  ],
  ["subnets without a VPC", { vpcSubnets: {} }, /vpcSubnets .* goes with `vpc`/],
  ["a pattern that EventBridge would refuse", { events: [{ source: "shop" }] }, /events\[0\]\.source/],
  ["no conflicts allowed", { alarms: { conflicts: -1 } }, /alarms\.conflicts .* is -1/],
  ["a prop that is none", { memory: 512 }, /The prop memory of ActorApp is none that there is: .*memorySize/],
];

it.each(ROWS)("refuses %s", (_, props, message) => {
  const make = () =>
    synth({ ...("entry" in props || _ === "no entry" ? {} : { entry: SHOP }), ...props } as ActorAppProps);
  expect(make).toThrow(InvalidDefinition);
  expect(make).toThrow(message);
});

it("refuses what is for a function of its own together with a function of the user's", () => {
  const make = () =>
    synth((stack) => ({
      router: new LambdaFunction(stack, "Own", {
        code: Code.fromInline("exports.handler = () => {}"),
        handler: "index.handler",
        runtime: Runtime.NODEJS_24_X,
      }),
      memorySize: 512,
    }));
  expect(make).toThrow(/memorySize .* with `router`, set it on that function/);
});

it("refuses a name for a bus that it does not make", () => {
  const make = () =>
    synth((stack) => ({ entry: SHOP, bus: new EventBus(stack, "Own"), names: { bus: "shop" } }));
  expect(make).toThrow(/names\.bus .* with `bus` there is none/);
});
