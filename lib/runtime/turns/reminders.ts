/** What one turn has arranged and cancelled, on top of the reminders that the actor has. */
import type { ReminderStatus } from "../../context";
import { PayloadTooLarge } from "../../errors";
import { argsOf, encodeReminders, parseReminders, type Reminder } from "../../reminders/reminder";

/** By name: a reminder that was set, or `undefined` for one that was taken away. */
export type ReminderChanges = ReadonlyMap<string, Reminder | undefined>;

/** The most that the reminders of one actor take, in bytes of encoded text: they are in its head. */
const MAX_REMINDERS_BYTES = 32_768;

const NO_CHANGES: ReminderChanges = new Map();

export class TurnReminders {
  private changes = NO_CHANGES;

  /** @param before the reminders that the turn begins with */
  constructor(private readonly before: () => ReadonlyMap<string, Reminder>) {}

  /** @throws PayloadTooLarge: nothing is changed */
  set(reminder: Reminder): void {
    const after = changed(this.all(), new Map([[reminder.name, reminder]]));
    const text = encodeReminders(after);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_REMINDERS_BYTES) {
      throw new PayloadTooLarge(
        `The actor's ${after.size} reminders would take ${bytes} bytes; at most ${MAX_REMINDERS_BYTES} are kept.`,
        { field: "args", bytes, limitBytes: MAX_REMINDERS_BYTES },
      );
    }
    // A copy: the turn may go on to change what it passed.
    this.change(reminder.name, parseReminders(text).get(reminder.name));
  }

  forget(name: string): boolean {
    if (!this.all().has(name)) return false;
    this.change(name, undefined);
    return true;
  }

  /** Takes all of them away. */
  clear(): void {
    this.changes = new Map(Array.from(this.before().keys(), (name) => [name, undefined]));
  }

  list(): ReminderStatus[] {
    return [...this.all().values()].sort((one, other) => one.dueMs - other.dueMs).map(statusOf);
  }

  /** What the turn has changed since this was last asked. */
  take(): ReminderChanges {
    const { changes } = this;
    this.changes = NO_CHANGES;
    return changes;
  }

  private change(name: string, reminder: Reminder | undefined): void {
    this.changes = new Map(this.changes).set(name, reminder);
  }

  private all(): ReadonlyMap<string, Reminder> {
    return changed(this.before(), this.changes);
  }
}

/** A reminder that is set again goes to the end, like a new one. */
export function changed(
  reminders: ReadonlyMap<string, Reminder>,
  changes: ReminderChanges,
): ReadonlyMap<string, Reminder> {
  if (changes.size === 0) return reminders;
  const after = new Map(reminders);
  for (const [name, reminder] of changes) {
    after.delete(name);
    if (reminder !== undefined) after.set(name, reminder);
  }
  return after;
}

function statusOf(reminder: Reminder): ReminderStatus {
  const { name, method, dueMs, everyMs, cron, timezone, missed, attempts } = reminder;
  return {
    name,
    method,
    args: argsOf(reminder),
    dueAt: new Date(dueMs),
    ...(everyMs === undefined ? {} : { everyMs }),
    ...(cron === undefined ? {} : { cron }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(missed === undefined ? {} : { missed }),
    ...(attempts === undefined ? {} : { attempts }),
  };
}
