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
      // Copied, as over any other transport: caller and actor must not share objects.
      const copy: unknown = JSON.parse(JSON.stringify(request));
      const answer = await invoke(runtime, copy, unlimitedTime(runtime.host.clock.now()));
      return replyOfAnswer(answer, { stack: false });
    },
  };
}
