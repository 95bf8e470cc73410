/**
 * When a method's input schemas are asked: before the lease is taken, for a call that cannot have been here before; else in its
 * turn. One that may have been applied gets its first answer, whatever its schemas say by now.
 */
import { types } from "node:util";
import type { ActorDefinition } from "../definition";
import type { Envelope } from "../envelope";
import { ValidationError } from "../errors";
import { readInput } from "../input";
import { unpackInput } from "../invocation";
import type { MethodDefinition } from "../method-definition";
import type { Json } from "../values/codec";
import type { Call } from "./call";
import type { TurnCalls } from "./turns/calls";

/**
 * A call with what its method gets, when that can be asked before its turn.
 * @throws ValidationError, MethodError: from schemas that answer at once. Those that take their time are waited for in the turn
 */
export function checkedBefore(
  { name }: ActorDefinition,
  method: MethodDefinition,
  envelope: Envelope,
): Envelope {
  if (method.input === undefined || (envelope.maybeRepeated && !method.readonly)) return envelope;
  const input = readInput(name, method, envelope.args);
  // Its turn may never come.
  if (types.isPromise(input)) input.catch(() => {});
  return { ...envelope, input };
}

/**
 * The same for a message. A schema that fails itself is met again in the turn, where it counts as an attempt.
 * @throws ValidationError
 */
export function checkedMessage(
  definition: ActorDefinition,
  method: MethodDefinition,
  envelope: Envelope,
): Envelope {
  try {
    return checkedBefore(definition, method, envelope);
  } catch (thrown) {
    if (thrown instanceof ValidationError) throw thrown;
    return envelope;
  }
}

/**
 * Refuses what is to run later, as far as that can be said at once: its arguments are checked again when it runs.
 * @param packed the arguments; they stay as they are
 * @throws ValidationError, MethodError
 */
export function checkForLater(
  { name }: ActorDefinition,
  method: MethodDefinition,
  packed: readonly Json[],
): void {
  if (method.input === undefined) return;
  // A copy: a schema may change what it is given.
  const args = unpackInput(structuredClone(packed) as Json, "args") as readonly unknown[];
  const input = readInput(name, method, args);
  if (types.isPromise(input)) input.catch(() => {});
}

/**
 * In a turn: gives its call what the method is called with. A promise only when a schema takes its time.
 * @throws ValidationError, MethodError; a promise rejects with the same, or with the reason for which the call was aborted
 */
export function takeInput(
  { name, methods }: ActorDefinition,
  call: Call,
  calls: TurnCalls,
): Promise<void> | undefined {
  const { envelope } = call;
  const method = methods.get(envelope.method);
  if (method?.input === undefined) return undefined;
  // What was asked for before was given to a turn that is thrown away.
  const input = (call.run === 0 ? envelope.input : undefined) ?? readInput(name, method, call.args);
  if (types.isPromise(input)) return waitFor(input, call, calls);
  call.args = input;
  return undefined;
}

async function waitFor(input: Promise<readonly unknown[]>, call: Call, calls: TurnCalls): Promise<void> {
  call.args = (await calls.amidst(() => call.race(input))) as readonly unknown[];
  if (call.abortReason !== undefined) throw call.abortReason;
}
