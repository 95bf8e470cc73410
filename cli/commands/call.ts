/** `call`, `send`, `start` and `result`: an actor's methods from a shell. */
import type { Command } from "commander";
import type { DurableActor } from "../../lib/actor";
import type { CallHandle } from "../../lib/calling/call-handle";
import type { Receipt } from "../../lib/calling/proxy";
import { clientOver } from "../../lib/client/client";
import { type Duration, durationMs } from "../../lib/duration";
import { UnknownMethod } from "../../lib/errors";
import { MAX_TIMEOUT_MS } from "../../lib/timeouts";
import { pack } from "../../lib/values/codec";
import type { Output } from "../output/output";
import { withProgress } from "../output/progress";
import { type AppOptions, appCommand, withApp } from "./app-command";
import { argumentsOf } from "./arguments";

interface CallOptions extends AppOptions {
  readonly key?: string;
  readonly timeout?: string;
  readonly eventual?: boolean;
}

interface SendOptions extends AppOptions {
  readonly key?: string;
  readonly delay?: string;
  readonly wait?: string;
}

const ARGS = `JSON, or a text: 5, five, '"5"', '{"by":5}'`;

export function callCommand(): Command {
  return methodCommand("call", "call a method and print its result")
    .option("--timeout <duration>", "how long to wait; default 30s")
    .option("--eventual", "of a readonly method: a state that may be a moment old, for half the price")
    .addHelpText("after", "\nExample:\n  durable-lambda call Counter c1 increment 5")
    .action((actor: string, id: string, method: string, args: string[], options: CallOptions) =>
      withApp(options, async ({ transport }, output) => {
        const { key, timeout, eventual } = options;
        const timeoutMs =
          timeout && durationMs(timeout as Duration, "timeout", { minMs: 1, maxMs: MAX_TIMEOUT_MS });
        const reference = clientOver(transport)
          .actor<DurableActor>(actor)
          .get(id, {
            ...(key === undefined ? {} : { idempotencyKey: key }),
            ...(timeoutMs ? { timeoutMs } : {}),
            ...(eventual ? { consistency: "eventual" as const } : {}),
          });
        print(output, await invoke(reference, method, args));
      }),
    );
}

export function sendCommand(): Command {
  return methodCommand("send", "queue a call: it runs at least once, and has its effect exactly once")
    .option("--delay <duration>", "run it no earlier than this, such as 10m")
    .addHelpText("after", "\nExample:\n  durable-lambda send Order o-17 pay 20 --delay 10m")
    .action((actor: string, id: string, method: string, args: string[], options: SendOptions) =>
      withApp(options, async ({ transport }, output) => {
        const reference = clientOver(transport).actor<DurableActor>(actor).get(id);
        const { callId } = (await invoke(reference.send(sendOptionsOf(options)), method, args)) as Receipt;
        output.result({ callId }, () => `queued as ${callId}`);
      }),
    );
}

export function startCommand(): Command {
  return methodCommand("start", "queue a call whose result can be asked for later")
    .option("--delay <duration>", "run it no earlier than this, such as 10m")
    .option("--wait <duration>", "wait for its result and print that")
    .addHelpText("after", "\nExample:\n  durable-lambda start Report 2026-11 build --wait 5m")
    .action((actor: string, id: string, method: string, args: string[], options: SendOptions) =>
      withApp(options, async ({ transport }, output) => {
        const { wait } = options;
        const reference = clientOver(transport).actor<DurableActor>(actor).get(id);
        const handle = (await invoke(reference.start(sendOptionsOf(options)), method, args)) as CallHandle;
        const { callId } = handle;
        if (wait === undefined) return output.result({ callId }, () => `started as ${callId}`);
        output.note(`started as ${callId}`);
        print(output, await resultOf(handle, wait, output));
      }),
    );
}

export function resultCommand(): Command {
  return appCommand("result", "what became of a started call, by its call id")
    .argument("<call-id>")
    .option("--wait <duration>", "wait for its end and print its result")
    .action((callId: string, options: SendOptions) =>
      withApp(options, async ({ transport }, output) => {
        const handle = clientOver(transport).call(callId);
        const { wait } = options;
        if (wait !== undefined) return print(output, await resultOf(handle, wait, output));
        const status = await handle.status();
        if (status.status !== "pending") print(output, await handle.result());
        else output.result(status, () => `pending since ${status.startedAt.toISOString()}`);
      }),
    );
}

function methodCommand(name: string, description: string): Command {
  return appCommand(name, description)
    .argument("<actor>", "the actor's type")
    .argument("<id>", "the actor's id")
    .argument("<method>")
    .argument("[args...]", ARGS)
    .option("--key <idempotency-key>", "the same key again means the same call again");
}

function sendOptionsOf({ key, delay }: SendOptions): { idempotencyKey?: string; delay?: Duration } {
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(delay === undefined ? {} : { delay: delay as Duration }),
  };
}

function resultOf(handle: CallHandle, wait: string, output: Output): Promise<unknown> {
  return withProgress(output, "Waiting for the result", () => handle.result({ timeout: wait as Duration }));
}

type Methods = Readonly<Record<string, ((...args: readonly unknown[]) => Promise<unknown>) | undefined>>;

/** Which methods there are, the app knows. @throws UnknownMethod for a name that no method can have; whatever the call throws */
async function invoke(reference: object, method: string, args: readonly string[]): Promise<unknown> {
  const call = (reference as Methods)[method];
  if (typeof call === "function") return call(...argumentsOf(args));
  throw new UnknownMethod(`No method can be named "${method}".`, { field: "method", value: method });
}

function print(output: Output, result: unknown): void {
  output.result({ result: pack(result, "result") }, () => output.shown(result));
}
