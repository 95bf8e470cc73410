/** Runs turns in the caller's own process: no Lambda hop, the same leases and commits. */

import type { Transport } from "../calling/transport";
import { unlimitedTime } from "../envelope";
import { invoke, replyOfAnswer } from "../runtime/invoke";
import type { Runtime } from "../runtime/runtime";

export function inlineTransport(runtime: Runtime): Transport {
  return {
    keepsOrder: true,
    register: (type) => {
      runtime.registry.add(type);
    },
    async invoke(request) {
      const answer = await invoke(runtime, copyOf(request), unlimitedTime(runtime.host.clock.now()));
      return replyOfAnswer(answer, { stack: false });
    },
  };
}

/** As over any other transport, caller and actor must not share objects: where no argument is one, there is nothing to copy. */
function copyOf(request: Parameters<Transport["invoke"]>[0]): unknown {
  const sharesNothing = "actor" in request && !request.args?.some(isObject);
  return sharesNothing ? request : JSON.parse(JSON.stringify(request));
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
