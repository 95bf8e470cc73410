/** One process of the fleet, in a test: a runtime with its own memory, on a store that others share. */
import type { ActorClass } from "../../lib/actor";
import { type Client, clientOver } from "../../lib/client/client";
import { inlineTransport } from "../../lib/client/inline-transport";
import type { Clock } from "../../lib/clock";
import { unlimitedTime } from "../../lib/envelope";
import type { Invocation, InvocationReply } from "../../lib/invocation";
import type { Logger } from "../../lib/log";
import type { Ports } from "../../lib/ports";
import { Registry } from "../../lib/registry";
import { invoke, replyOfAnswer } from "../../lib/runtime/invoke";
import { Runtime, type RuntimeOptions } from "../../lib/runtime/runtime";

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
  given: Partial<Ports>,
  options: RuntimeOptions & { clock?: Clock } = {},
): TestProcess {
  const runtime = new Runtime(new Registry(actors), onlyThese(given), { log: silentLog, ...options });
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

/** Ports of which some may be missing, as in an app that has no queues: whoever asks for one of those fails. */
function onlyThese(given: Partial<Ports>): Ports {
  return new Proxy(given as Ports, {
    get(target, name) {
      if (name in target) return target[name as keyof Ports];
      throw new Error(`this process has no ${String(name)}`);
    },
  });
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
