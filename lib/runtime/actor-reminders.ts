/**
 * An actor's reminders while its lease is held: which is due, and what becomes of it. What is noted here is committed
 * together with the turn.
 */
import type { DurableError } from "../errors";
import { backoffMs, type Random } from "../random";
import { encodeReminders, parseReminders, type Reminder, wakeMsOf } from "../reminders/reminder";
import { isSkipped, nextDue } from "../reminders/schedule";
import { counts, isFinal, onceMore } from "./attempts";
import { changed, type ReminderChanges } from "./turns/reminders";

/** A reminder that comes later than this may have killed the processes that ran it before. */
const LATE_MS = 30_000;
/** Between two attempts: 1 s at first, doubling. */
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

const NONE_GIVEN: readonly string[] = [];

export class ActorReminders {
  private current: ReadonlyMap<string, Reminder>;
  /** As of the last commit. */
  private committed: ReadonlyMap<string, Reminder>;
  /** Not to be tried again by this activation. */
  private given: readonly string[] = NONE_GIVEN;

  /** @throws CorruptState */
  constructor(
    text: string,
    private readonly random: Random,
  ) {
    this.current = this.committed = parseReminders(text);
  }

  get text(): string {
    return encodeReminders(this.current);
  }

  /** All that is noted here is committed. */
  keep(): void {
    this.committed = this.current;
  }

  /** False for one that was set by a turn which is not committed yet: until then there is none. */
  isCommitted({ name, id }: Reminder): boolean {
    return this.committed.get(name)?.id === id;
  }

  get all(): ReadonlyMap<string, Reminder> {
    return this.current;
  }

  /** The next moment at which one of them is due; undefined when there is none. */
  get nextMs(): number | undefined {
    if (this.current.size === 0) return undefined;
    let nextMs: number | undefined;
    for (const reminder of this.current.values()) nextMs = Math.min(nextMs ?? Infinity, wakeMsOf(reminder));
    return nextMs;
  }

  /** The one that has been due for longest. */
  due(nowMs: number): Reminder | undefined {
    let due: Reminder | undefined;
    for (const reminder of this.current.values()) {
      if (wakeMsOf(reminder) > nowMs || this.given.includes(reminder.id)) continue;
      // One that was tried already is not dropped without a word.
      const isNew = reminder.attempts === undefined && reminder.begun === undefined;
      if (isNew && isSkipped(reminder, nowMs)) this.done(reminder, nowMs);
      else if (due === undefined || wakeMsOf(reminder) < wakeMsOf(due)) due = reminder;
    }
    return due;
  }

  /** True for one whose beginning is to be committed, lest it kill one process after another. */
  static isSuspicious(reminder: Reminder, nowMs: number): boolean {
    return nowMs - wakeMsOf(reminder) > LATE_MS;
  }

  /** Notes that a reminder begins. @throws ProcessDied when it has begun too often */
  begin(reminder: Reminder): void {
    this.put({ ...reminder, begun: onceMore(reminder.begun ?? 0) });
  }

  /** Notes how far its turn has come that saves a checkpoint: so many calls it had `made` of other actors. */
  note(reminder: Reminder, made: number): void {
    const present = this.current.get(reminder.name);
    if (made > 0 && present?.id === reminder.id) this.put({ ...present, made });
  }

  /** What there is once a reminder has been dealt with. */
  after(reminder: Reminder, nowMs: number): ReadonlyMap<string, Reminder> {
    const present = this.current.get(reminder.name);
    // Its own turn, or one before, has replaced it or taken it away.
    if (present?.id !== reminder.id || present.dueMs !== reminder.dueMs) return this.current;
    const dueMs = nextDue(reminder, nowMs);
    const { attempts: _attempts, retryMs: _retryMs, begun: _begun, made: _made, ...lasting } = reminder;
    return changed(
      this.current,
      new Map([[reminder.name, dueMs === undefined ? undefined : { ...lasting, dueMs }]]),
    );
  }

  done(reminder: Reminder, nowMs: number): void {
    this.current = this.after(reminder, nowMs);
  }

  change(changes: ReminderChanges): void {
    this.current = changed(this.current, changes);
  }

  /**
   * Notes that a reminder failed, and says what becomes of it: it comes again; it is given up, and its next time counts now; or
   * its own checkpoint has replaced it or taken it away.
   *
   * @param maxAttempts of its method
   */
  fail(
    reminder: Reminder,
    error: DurableError,
    maxAttempts: number,
    nowMs: number,
  ): "again" | "givenUp" | "gone" {
    const present = this.current.get(reminder.name);
    if (present?.id !== reminder.id) return "gone";
    const { begun: _begun, ...rest } = present;
    if (!counts(error)) {
      // Not its fault. Whoever looks at the actor next tries it again. Its end was seen: it does not kill processes.
      this.given = [...this.given, reminder.id];
      if (present.begun !== undefined) this.put(rest);
      return "again";
    }
    const attempts = (present.attempts ?? 0) + 1;
    if (attempts >= maxAttempts || isFinal(error)) {
      this.done(reminder, nowMs);
      return "givenUp";
    }
    const retryMs = nowMs + Math.ceil(backoffMs(attempts - 1, FIRST_BACKOFF_MS, MAX_BACKOFF_MS, this.random));
    this.put({ ...rest, attempts, retryMs });
    return "again";
  }

  private put(reminder: Reminder): void {
    const present = this.current.get(reminder.name);
    if (present?.id === reminder.id) this.current = new Map(this.current).set(reminder.name, reminder);
  }
}
