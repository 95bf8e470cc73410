/** One process of the fleet, in a test: a runtime with its own memory, on a store that others share. */
import type { ActorClass } from "../../lib/actor";
import { type Client, clientOver } from "../../lib/client/client";
import { inlineTransport } from "../../lib/client/inline-transport";
import type { Clock } from "../../lib/clock";
import { type Invocation, type InvocationReply, unlimitedTime } from "../../lib/envelope";
import type { Logger } from "../../lib/log";
import { Registry } from "../../lib/registry";
import { invoke, replyOfAnswer } from "../../lib/runtime/invoke";
import { Runtime, type RuntimeOptions } from "../../lib/runtime/runtime";
import type { Store } from "../../lib/store";

export interface TestProcess {
  readonly runtime: Runtime;
  /** Retries as every client does. */
  readonly client: Client;
  /** One attempt, without the client's retries. */
  invoke(invocation: Invocation): Promise<InvocationReply>;
}

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export function startProcess(
  actors: readonly ActorClass[],
  store: Store,
  options: RuntimeOptions & { clock?: Clock } = {},
): TestProcess {
  const runtime = new Runtime(new Registry(actors), () => store, { log: silentLog, ...options });
  return {
    runtime,
    client: clientOver(inlineTransport(runtime), runtime.host),
    async invoke(invocation) {
      const copy: unknown = JSON.parse(JSON.stringify(invocation));
      const answer = await invoke(runtime, copy, unlimitedTime(runtime.host.clock.now()));
      return replyOfAnswer(answer, { stack: false });
    },
  };
}

/** The value of a reply that must be one. */
export function resultOf(reply: InvocationReply): unknown {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.result;
}

/** The code of a reply that must be an error. */
export function codeOf(reply: InvocationReply): string {
  if (reply.ok) throw new Error(`succeeded with ${JSON.stringify(reply.result)}`);
  return reply.error.code;
}
