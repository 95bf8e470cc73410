import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import type { OrderPaid } from "./order";

/** What a customer has spent, by what the orders tell. */
@Actor
export class Customer extends DurableActor {
  spentCents = 0;
  orders: string[] = [];

  @On({ source: "durable-lambda.Order", detailType: "OrderPaid", id: "detail.customerId" })
  orderPaid({ detail: { orderId, cents } }: ActorEvent<OrderPaid>): void {
    this.spentCents += cents;
    this.orders.push(orderId);
  }

  @Method({ readonly: true })
  total(): { spentCents: number; orders: string[] } {
    return { spentCents: this.spentCents, orders: this.orders };
  }
}
