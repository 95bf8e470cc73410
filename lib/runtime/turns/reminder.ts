/** The reminder that a turn sets. */
import type { Envelope } from "../../envelope";
import { UnexpectedEvent } from "../../errors";
import { quote } from "../../quote";
import { methodOf } from "../../registry";
import type { Reminder } from "../../reminders/reminder";
import { firstDue } from "../../reminders/schedule";
import { type Json, pack } from "../../values/codec";
import { checkForLater } from "../checked-input";
import type { Host } from "../host";

const MAX_NAME_LENGTH = 256;

/** @throws UnexpectedEvent, UnknownMethod, NotSerializable, ValidationError; InvalidDefinition where there is no wake queue */
export function turnReminder(
  { peers, queues, clock, random }: Host,
  { address }: Envelope,
  {
    name,
    time,
    method,
    args,
  }: {
    readonly name: unknown;
    readonly time: unknown;
    readonly method: string;
    readonly args: readonly unknown[];
  },
): Reminder {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH || !name.isWellFormed()) {
    throw new UnexpectedEvent(
      `"name" (${quote(name)}) is not the name of a reminder: a text of 1 to ${MAX_NAME_LENGTH} characters.`,
      { field: "name", value: quote(name), limit: MAX_NAME_LENGTH },
    );
  }
  const schedule = firstDue(time, clock.now());
  if (typeof method !== "string") {
    throw new UnexpectedEvent(`"method" (${quote(method)}) is not the name of a method.`, {
      field: "method",
      value: quote(method),
    });
  }
  const definition = peers.definitionOf(address.type);
  const declared = methodOf(definition, method);
  if (declared.readonly) {
    throw new UnexpectedEvent(`"method" (${quote(method)}) is readonly: it could do nothing.`, {
      field: "method",
      value: quote(method),
    });
  }
  // Without it, nobody would look at the actor in time.
  void queues.wakes;
  const packed = pack(args, "args") as Json[];
  checkForLater(definition, declared, packed);
  return { name, id: random.id(), method, args: packed, ...schedule };
}
