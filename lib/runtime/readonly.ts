/** Readonly calls: one read, no lease, beside whatever else runs, on the last committed state. */
import { type Address, addressKey } from "../address";
import type { ActorDefinition, MethodDefinition } from "../definition";
import type { Envelope, Reply } from "../envelope";
import { ReadonlyViolation } from "../errors";
import { encode } from "../values/codec";
import { encodeState, resultPacker } from "../values/state-codec";
import { Call } from "./call";
import type { Host } from "./host";
import { loadActor, runMethod, TurnContext } from "./turn";

export async function runReadonly(
  host: Host,
  definition: ActorDefinition,
  method: MethodDefinition,
  envelope: Envelope,
): Promise<Reply> {
  const { store, clock, log } = host;
  const call = new Call(envelope, clock, () => {});
  try {
    call.start();
    const head = await store.read(envelope.address, { consistent: envelope.consistency === "strong" });
    if (call.abortReason !== undefined) throw call.abortReason;
    const version = head?.version ?? 0;
    const context = new TurnContext(
      call,
      log,
      () => version,
      () => Promise.reject(violation(envelope.address, method, "called ctx.save()")),
    );
    const actor = loadActor(definition, head?.state, context);
    const before = encodeState(actor, definition.type);
    const { value } = await runMethod(actor, method, call);
    context.end();
    if (encodeState(actor, definition.type) !== before) {
      throw violation(envelope.address, method, "changed a field");
    }
    return {
      result: value === undefined ? undefined : encode(value, "result", resultPacker(actor)),
      version,
    };
  } finally {
    call.dismiss();
  }
}

function violation(address: Address, method: MethodDefinition, did: string): ReadonlyViolation {
  return new ReadonlyViolation(
    `${addressKey(address)}.${method.name} is declared readonly but ${did}. Nothing was written. Drop { readonly: true }, ` +
      "or mark a field that is only a cache @Transient.",
    { actor: address.type, id: address.id, method: method.name },
  );
}
