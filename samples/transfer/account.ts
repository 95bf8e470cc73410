import { Actor, DurableActor, Method } from "durable-lambda";

/** A balance that never goes below zero, until the account is closed. */
@Actor
export class Account extends DurableActor {
  balance = 0;
  isClosed = false;

  @Method
  deposit(amount: number): number {
    if (this.isClosed) throw new AccountClosed(`The account ${this.ctx.actorId} is closed`);
    this.balance += amount;
    return this.balance;
  }

  @Method
  withdraw(amount: number): number {
    if (this.isClosed) throw new AccountClosed(`The account ${this.ctx.actorId} is closed`);
    if (amount > this.balance)
      throw new InsufficientFunds(`The account ${this.ctx.actorId} has ${this.balance}, not ${amount}`);
    this.balance -= amount;
    return this.balance;
  }

  /** Money that comes back is never refused, or it would be nowhere: an account that was closed meanwhile takes it too. */
  @Method
  takeBack(amount: number): void {
    this.balance += amount;
  }

  @Method
  close(): void {
    this.isClosed = true;
  }

  @Method({ readonly: true })
  current(): number {
    return this.balance;
  }
}

class AccountClosed extends Error {
  override readonly name = "AccountClosed";
}

class InsufficientFunds extends Error {
  override readonly name = "InsufficientFunds";
}
