/** Each reminder that was not cancelled has its effect once, and not before its time. */
import type { Attempt, AttemptEffect } from "../workload/history";
import type { World } from "../world";

type Arranged = Extract<AttemptEffect, { kind: "reminder" }>;

export function checkReminders(world: World): void {
  for (const [key, { attempts }] of world.ledger.accounts) new Replay(world, key).run(attempts);
}

/** An actor's reminders, from one committed turn to the next. */
class Replay {
  private readonly arranged = new Map<string, Arranged>();
  private readonly times = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly key: string,
  ) {}

  run(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) {
      this.checkTime(attempt);
      if (attempt.isLast) this.done(attempt);
      for (const effect of attempt.effects) {
        if (effect.kind === "reminder") this.arranged.set(effect.name, effect);
        if (effect.kind === "forget") this.arranged.delete(effect.name);
      }
      if (attempt.destroys) this.arranged.clear();
    }
    for (const { name, op } of this.arranged.values()) {
      this.world.history.violated("reminders", `${this.key}: ${name} (${op}) never came`);
    }
  }

  private checkTime({ op, dueMs, hostMs, nonce }: Attempt): void {
    const reminder = this.reminderOf(op);
    if (dueMs === undefined) return;
    const { history } = this.world;
    if (hostMs < dueMs)
      history.violated("reminders", `${nonce} did ${op} ${dueMs - hostMs} ms before its time`);
    if (reminder === undefined) {
      history.violated(
        "reminders",
        `${this.key}: ${nonce} did ${op}, for which there was no reminder any more`,
      );
    } else if (reminder.times === 1 ? dueMs !== reminder.dueMs : dueMs < reminder.dueMs) {
      history.violated("reminders", `${nonce} did ${op} for ${dueMs}; it was arranged for ${reminder.dueMs}`);
    }
  }

  private done({ op, dueMs }: Attempt): void {
    const reminder = this.reminderOf(op);
    if (reminder === undefined) return;
    const times = (this.times.get(reminder.op) ?? 0) + 1;
    this.times.set(reminder.op, times);
    if (times >= reminder.times && (dueMs !== undefined || reminder.times === 1))
      this.arranged.delete(reminder.name);
  }

  /** The one that there is for a piece of work. What was given up may come back, as a message, when there is another. */
  private reminderOf(op: string): Arranged | undefined {
    const [arranging] = op.split("@");
    return [...this.arranged.values()].find((reminder) => reminder.op === arranging);
  }
}
