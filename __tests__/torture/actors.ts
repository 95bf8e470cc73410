/** The actors under torture. Each keeps account of what it was told, by whom, and of what it told others. */
import { setTimeout as wait } from "node:timers/promises";
import { Actor, type DueReminder, DurableActor, Method } from "durable-lambda";
import { newTally, note, type Tally } from "./tally";

export interface AccountReport {
  readonly balance: number;
  /** What clients have brought in. */
  readonly brought: number;
  /** By sender. */
  readonly seen: Readonly<Record<string, Tally>>;
  /** How many deposits it has made, by account. */
  readonly made: Readonly<Record<string, number>>;
}

/** At a time. */
const BROUGHT = 5;

const SLOW_MS = 25;
const FAILURES = 0.1;

/** Money comes in from clients, and goes on to other accounts. */
@Actor
export class Account extends DurableActor {
  balance = 0;
  brought = 0;
  seen: Record<string, Tally> = {};
  made: Record<string, number> = {};

  /** Passes some of it on by messages. Returns how often the sender has brought some. */
  @Method pass(sender: string, number: number, targets: readonly string[]): number {
    const count = this.take(sender, number);
    for (const to of targets) {
      this.ctx.actor(Account).get(to).send().deposit(this.ctx.actorId, this.give(to));
    }
    return count;
  }

  /**
   * Passes some of it on by a call, which is committed before this turn is; and fails now and then, after that call, which the
   * next attempt makes again.
   */
  @Method({ maxAttempts: 100 }) async passNow(sender: string, number: number, to: string): Promise<number> {
    const count = this.take(sender, number);
    await this.ctx.actor(Account).get(to).deposit(this.ctx.actorId, this.give(to));
    if (Math.random() < FAILURES) throw new Error("It failed, and is to be tried again.");
    return count;
  }

  /** Keeps all of it. */
  @Method keep(sender: string, number: number): number {
    return this.take(sender, number);
  }

  /** The same, and takes its time: so that many a process dies or stops in the middle of it. */
  @Method async keepSlowly(sender: string, number: number): Promise<number> {
    const count = this.take(sender, number);
    await wait(SLOW_MS);
    return count;
  }

  @Method deposit(from: string, number: number): void {
    this.note(from, number);
    this.balance++;
  }

  @Method({ readonly: true }) report(): AccountReport {
    const { balance, brought, seen, made } = this;
    return { balance, brought, seen, made };
  }

  private take(sender: string, number: number): number {
    this.balance += BROUGHT;
    this.brought += BROUGHT;
    return this.note(sender, number);
  }

  private give(to: string): number {
    this.balance--;
    const number = (this.made[to] ?? 0) + 1;
    this.made[to] = number;
    return number;
  }

  private note(sender: string, number: number): number {
    const tally = this.seen[sender] ?? newTally();
    note(tally, number);
    this.seen[sender] = tally;
    return tally.count;
  }
}

export interface AlarmReport {
  readonly rings: number;
  /** The due time that it waits for. */
  readonly nextMs: number;
  readonly wrong: readonly string[];
}

export const RING_EVERY_MS = 1_000;
const MAX_WRONG = 20;

/** Rings every second, once for each. */
@Actor
export class Alarm extends DurableActor {
  rings = 0;
  nextMs = 0;
  wrong: string[] = [];

  @Method begin(): void {
    this.ctx.remind("alarm", { every: RING_EVERY_MS, missed: "each" }, "ring");
    this.nextMs = this.ctx.reminders()[0]?.dueAt.getTime() ?? 0;
  }

  @Method ring(): void {
    const { dueAt } = this.ctx.reminder as DueReminder;
    const dueMs = dueAt.getTime();
    if (dueMs !== this.nextMs) this.complain(`rang for ${dueMs}, not for ${this.nextMs}`);
    if (this.ctx.now < dueAt) this.complain(`rang before ${dueMs}`);
    this.rings++;
    this.nextMs = dueMs + RING_EVERY_MS;
  }

  @Method end(): void {
    this.ctx.forget("alarm");
  }

  @Method({ readonly: true }) report(): AlarmReport {
    const { rings, nextMs, wrong } = this;
    return { rings, nextMs, wrong };
  }

  private complain(problem: string): void {
    if (this.wrong.length < MAX_WRONG) this.wrong.push(problem);
  }
}
