/**
 * A reminder: a durable call that an actor has arranged for itself, once or again and again. It is kept in the actor's head
 * under its name, and the commit of its turn also moves it to its next time, or takes it away: so each due time has one
 * effect, however often somebody comes to look.
 *
 *     set ──► due ──► turn ✓ ──► next time, or gone
 *              ▲       └─ ✗ ──► again after a pause … ──► parked: a dead letter; then the next time, or gone
 *              └────────────────┘
 */
import { type Address, addressKey } from "../address";
import { digest } from "../call-id";
import { CorruptState } from "../errors";
import { type Json, unpack } from "../values/codec";
import { parseStored } from "../values/stored-json";
import { isMoment, isRecurrence, type Recurrence } from "./schedule";

export interface Reminder extends Recurrence {
  readonly name: string;
  /** Tells this setting of the name from earlier and later ones. */
  readonly id: string;
  readonly method: string;
  /** Packed. */
  readonly args: readonly Json[];
  /** The time that it is for. */
  readonly dueMs: number;
  /** Failed attempts for this due time. */
  readonly attempts?: number;
  /** Not again before this moment. */
  readonly retryMs?: number;
  /** How often a late attempt was begun since the last time that an end was seen. */
  readonly begun?: number;
  /** How many calls of other actors its turn had made before its last checkpoint. */
  readonly made?: number;
}

/** What its method is called with. A copy: what is unpacked is the caller's to change. @throws CorruptState */
export function argsOf({ args }: Reminder): readonly unknown[] {
  return unpack(structuredClone(args) as Json, "args") as unknown[];
}

/** When somebody must look at it. */
export function wakeMsOf({ dueMs, retryMs = dueMs }: Reminder): number {
  return retryMs;
}

/** The id of the call for a due time: the same whenever that is tried again. */
export function reminderCallId(address: Address, { name, id, dueMs }: Reminder): string {
  return digest(`reminder\n${addressKey(address)}\n${name}\n${id}\n${dueMs}`).slice(0, 16);
}

const NONE: ReadonlyMap<string, Reminder> = new Map();

/** Empty text when there are none. */
export function encodeReminders(reminders: ReadonlyMap<string, Reminder>): string {
  return reminders.size === 0 ? "" : JSON.stringify([...reminders.values()]);
}

/** @throws CorruptState */
export function parseReminders(text: string): ReadonlyMap<string, Reminder> {
  if (text === "") return NONE;
  try {
    const reminders = parseStored(text, "reminders") as Reminder[];
    if (reminders.every(isReminder)) return new Map(reminders.map((reminder) => [reminder.name, reminder]));
  } catch {
    // The same error as for JSON of another form.
  }
  throw new CorruptState("The actor's reminders cannot be read. They were left as they are.", {
    field: "reminders",
  });
}

/** They are logged, and told in an event. */
const MAX_NAME_LENGTH = 1_000;

function isName(text: unknown): boolean {
  return typeof text === "string" && text.length <= MAX_NAME_LENGTH && text.isWellFormed();
}

function isReminder(reminder: Reminder): boolean {
  const { name, id, method, args, dueMs, attempts, retryMs, begun, made } = reminder;
  return (
    [name, id, method].every(isName) &&
    Array.isArray(args) &&
    isMoment(dueMs) &&
    (retryMs === undefined || isMoment(retryMs)) &&
    [attempts, begun, made].every(
      (count) => count === undefined || (Number.isSafeInteger(count) && count >= 0),
    ) &&
    isRecurrence(reminder)
  );
}
