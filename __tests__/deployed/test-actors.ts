/** What is deployed: the actors of the tests, and the router for them. Bundled with everything that it needs. */
import { setTimeout as wait } from "node:timers/promises";
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";
import { Account } from "../../samples/bank/account";
import { Counter } from "../../samples/counter/counter";
import { Alarm, Auditor, DeadlyBus, Link, Mortal, Order, Purse } from "./effect-actors";

/** Keeps what it is told, in the order in which it was told. */
@Actor
export class Journal extends DurableActor {
  entries: string[] = [];
  lastAt = new Date(0);

  @Method add(entry: string): void {
    this.entries.push(entry);
    this.lastAt = new Date();
  }
  /** So that its process is mostly in the middle of a turn, and needs several commits for a batch. */
  @Method async addSlowly(entry: string): Promise<void> {
    await wait(250);
    this.add(entry);
  }
  @Method({ readonly: true }) list(): string[] {
    return this.entries;
  }
  @Method({ readonly: true }) lastAdded(): Date {
    return this.lastAt;
  }
}

/**
 * Its methods do to their process what methods should not: at first only, which is known from a checkpoint. `done` says
 * which of them had their effect.
 */
@Actor
export class Unruly extends DurableActor {
  begun: string[] = [];
  done: string[] = [];

  @Method work(entry: string): void {
    this.done.push(entry);
  }

  /** Keeps the processor busy for ever: no timer runs, no answer leaves. */
  @Method async hog(entry: string): Promise<string> {
    const isFirst = await this.begins(entry);
    this.done.push(entry);
    while (isFirst);
    return entry;
  }

  /** Dies with what the turn has changed and not committed. */
  @Method async dieBeforeCommit(entry: string): Promise<string> {
    const isFirst = await this.begins(entry);
    this.done.push(entry);
    if (isFirst) die();
    return entry;
  }

  /** Dies when its commit is on the way, and may be applied. */
  @Method async dieDuringCommit(entry: string): Promise<string> {
    const isFirst = await this.begins(entry);
    this.done.push(entry);
    if (isFirst) setTimeout(die, 3);
    return entry;
  }

  @Method({ maxAttempts: 1 }) waitForEver(entry: string): Promise<never> {
    this.done.push(entry);
    return new Promise<never>(() => {});
  }

  @Method({ readonly: true }) report(): string[] {
    return this.done;
  }

  private async begins(entry: string): Promise<boolean> {
    if (this.begun.includes(entry)) return false;
    this.begun.push(entry);
    await this.ctx.save();
    return true;
  }
}

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

export interface Decision {
  readonly approved: boolean;
  readonly by: string;
}

/** Asks somebody, and leaves its call open until then. */
@Actor
export class Purchase extends DurableActor {
  asked = 0;

  @Method ask(): Decision {
    this.asked++;
    return this.ctx.pending();
  }
}

/** Decides. */
@Actor
export class Manager extends DurableActor {
  decided: string[] = [];

  @Method approve(callId: string): void {
    this.decided.push(callId);
    this.ctx.resolve(callId, { approved: true, by: this.ctx.actorId } satisfies Decision);
  }
  @Method refuse(callId: string): void {
    this.decided.push(callId);
    this.ctx.reject(callId, new RangeError("That is too much."));
  }
}

const actors = [
  ...[Counter, Account, Journal, Unruly, Purchase, Manager],
  ...[Purse, Link, Alarm, Order, Auditor, Mortal],
];

/** @public What Lambda calls. */
export const handler = createRouter(actors, { bus: new DeadlyBus() });
