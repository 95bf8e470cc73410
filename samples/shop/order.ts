import { Actor, DurableActor, Method } from "durable-lambda";
import { Stock } from "./stock";

/** The detail of the event "OrderPaid". */
export interface OrderPaid {
  readonly orderId: string;
  readonly customerId: string;
  readonly cents: number;
}

/** One order: it holds what is on stock for it until it is paid, and gives it back when nobody pays. */
@Actor({ expireAfter: "90d" })
export class Order extends DurableActor {
  status: "new" | "open" | "paid" | "cancelled" = "new";
  customerId = "";
  items = new Map<string, number>();

  @Method
  async place(customerId: string, items: Readonly<Record<string, number>>): Promise<string> {
    if (this.status !== "new") throw new OrderError(`The order is ${this.status} already.`);
    try {
      for (const [item, count] of Object.entries(items)) {
        // Noted first: it may be held although the answer is lost. To release what is not held does nothing.
        this.items.set(item, count);
        await this.ctx.actor(Stock).get(item).hold(this.ctx.actorId, count);
      }
    } catch (reason) {
      // What other actors have done for this turn stays done when it throws.
      for (const item of this.items.keys()) await this.ctx.actor(Stock).get(item).release(this.ctx.actorId);
      throw reason;
    }
    this.customerId = customerId;
    this.status = "open";
    this.ctx.remind("unpaid", { in: "15m" }, "cancel");
    return this.status;
  }

  @Method
  pay(cents: number): string {
    if (this.status !== "open") throw new OrderError(`An order that is ${this.status} cannot be paid.`);
    this.status = "paid";
    this.ctx.forget("unpaid");
    const { actorId: orderId } = this.ctx;
    this.ctx.emit("OrderPaid", { orderId, customerId: this.customerId, cents } satisfies OrderPaid);
    return this.status;
  }

  @Method
  cancel(): string {
    if (this.status !== "open") return this.status;
    this.status = "cancelled";
    for (const item of this.items.keys()) this.ctx.actor(Stock).get(item).send().release(this.ctx.actorId);
    return this.status;
  }

  @Method({ readonly: true })
  summary(): { status: string; items: Map<string, number> } {
    return { status: this.status, items: this.items };
  }
}

export class OrderError extends Error {
  override readonly name = "OrderError";
}
