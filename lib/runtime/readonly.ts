/** Readonly calls: one read, no lease, beside whatever else runs, on the last committed state. */
import type { ActorDefinition } from "../definition";
import type { Envelope, Reply } from "../envelope";
import type { MethodDefinition } from "../method-definition";
import { parseReminders, type Reminder } from "../reminders/reminder";
import { encode } from "../values/codec";
import { encodeState, resultPacker } from "../values/state-codec";
import { asDurableError } from "../wire-error";
import { Call } from "./call";
import { takeInput } from "./checked-input";
import type { Host } from "./host";
import { readState } from "./stored-pieces";
import { Recorder } from "./telemetry/recorder";
import { readonlyViolation, TurnContext, type TurnHooks } from "./turns/context";
import { enteringHook, type HookedTurn, hooked } from "./turns/hooks";
import { callMethod, loadActor, runTurn } from "./turns/turn";
import type { WarmActor } from "./warm-actor";

/** @param warm what this process has of the actor: a large state of the same version need not be read again */
export async function runReadonly(
  host: Host,
  definition: ActorDefinition,
  method: MethodDefinition,
  envelope: Envelope,
  warm: WarmActor | undefined,
): Promise<Reply> {
  const { store, clock } = host;
  const call = new Call(envelope, clock, () => {});
  const recorder = new Recorder(host, envelope.address);
  let version = 0;
  try {
    call.start(method.timeoutMs);
    recorder.begin(call, "readonly", envelope.attempt);
    const seen = await store.read(envelope.address, { consistent: envelope.consistency === "strong" });
    const { head, state } = await readState(host, envelope.address, seen, warm);
    if (call.abortReason !== undefined) throw call.abortReason;
    version = head?.version ?? 0;
    recorder.loaded();
    const reminders = parseReminders(head?.reminders ?? "");
    const context = new TurnContext(call, host, readonlyHooks(version, reminders), true);
    const waiting = takeInput(definition, call, context.calls);
    if (waiting !== undefined) await waiting;
    const actor = loadActor(definition, state, context);
    const isNew = state === undefined;
    let before: string | undefined;
    const steps: HookedTurn = {
      entering: enteringHook(definition, { isNew, readonly: true }),
      entered: () => {
        before = encodeState(actor, definition.type);
      },
    };
    const code = hooked(definition, actor, call, context, steps, () => callMethod(actor, method, call));
    const { value, hasRun } = await runTurn(method, call, context, code);
    await context.end();
    if (hasRun && encodeState(actor, definition.type) !== before) {
      throw readonlyViolation(envelope.address, method.name, "changed a field");
    }
    const reply = {
      result: value === undefined ? undefined : encode(value, "result", resultPacker(actor)),
      version,
    };
    recorder.ended({ call, reply }, version, "read");
    return reply;
  } catch (thrown) {
    const error = asDurableError(thrown);
    recorder.ended({ call, error }, version);
    throw error;
  } finally {
    recorder.committed(false);
    call.dismiss();
  }
}

/** What a turn asks for that changes nothing; anything else is refused before it gets here. */
function readonlyHooks(version: number, reminders: ReadonlyMap<string, Reminder>): TurnHooks {
  return { version: () => version, reminders: () => reminders, save: async () => {}, hold: () => undefined };
}
