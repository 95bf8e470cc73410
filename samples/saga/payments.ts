import { Actor, DurableActor, Method } from "durable-lambda";

/** What a customer can spend, and what was charged for which order. */
@Actor
export class Payments extends DurableActor {
  creditCents = 0;
  charged = new Map<string, number>();

  @Method
  topUp(cents: number): void {
    this.creditCents += cents;
  }

  @Method
  charge(orderId: string, cents: number): void {
    if (cents > this.creditCents)
      throw new PaymentDeclined(`${this.ctx.actorId} has ${this.creditCents} cents, not ${cents}`);
    this.creditCents -= cents;
    this.charged.set(orderId, (this.charged.get(orderId) ?? 0) + cents);
  }

  /** Undoes `charge`. */
  @Method
  refund(orderId: string): void {
    this.creditCents += this.charged.get(orderId) ?? 0;
    this.charged.delete(orderId);
  }

  @Method({ readonly: true })
  credit(): number {
    return this.creditCents;
  }
}

class PaymentDeclined extends Error {
  override readonly name = "PaymentDeclined";
}
