import { Actor, DurableActor, Method, ValidationError } from "durable-lambda";

export interface Entry {
  readonly at: Date;
  readonly amount: number;
}

/** The detail of the event "MoneySent". */
export interface MoneySent {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A balance that never goes below zero, with its history. */
@Actor
export class Account extends DurableActor {
  balance = 0;
  entries: Entry[] = [];
  totals = new Map<string, number>();

  @Method
  deposit(amount: number): number {
    return this.book(checked(amount), "deposits");
  }

  @Method
  withdraw(amount: number): number {
    this.book(-checked(amount), "withdrawals");
    // Too late to check, one would think; but a turn that throws leaves nothing behind.
    if (this.balance < 0) throw new InsufficientFunds(amount, this.balance + amount);
    return this.balance;
  }

  /** What is sent leaves once the withdrawal is committed, and only then: the money is always in one place. */
  @Method
  transfer(to: string, amount: number): number {
    this.withdraw(amount);
    this.ctx.actor(Account).get(to).send().deposit(amount);
    this.ctx.emit("MoneySent", { from: this.ctx.actorId, to, amount } satisfies MoneySent);
    return this.balance;
  }

  @Method({ readonly: true })
  statement(): { balance: number; entries: Entry[]; totals: Map<string, number> } {
    return { balance: this.balance, entries: this.entries, totals: this.totals };
  }

  private book(amount: number, kind: string): number {
    this.balance += amount;
    this.entries.push({ at: this.ctx.now, amount });
    this.totals.set(kind, (this.totals.get(kind) ?? 0) + Math.abs(amount));
    return this.balance;
  }
}

/** Whoever sends a negative amount would be paid for it. */
function checked(amount: number): number {
  if (Number.isFinite(amount) && amount >= 0) return amount;
  throw new ValidationError(`An amount is a number from 0, not ${amount}.`);
}

export class InsufficientFunds extends Error {
  readonly code = "InsufficientFunds";

  constructor(
    readonly asked: number,
    readonly available: number,
  ) {
    super(`The account has ${available}, not ${asked}`);
    this.name = "InsufficientFunds";
  }
}
