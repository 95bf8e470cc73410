import { Actor, DurableActor, Method } from "durable-lambda";

/** The parcels to one country. Nothing can be shipped to a country that is not served. */
@Actor
export class Shipping extends DurableActor {
  isServed = false;
  parcels: string[] = [];

  @Method
  serve(): void {
    this.isServed = true;
  }

  @Method
  ship(orderId: string): void {
    if (!this.isServed) throw new NotServed(`Nothing is shipped to ${this.ctx.actorId}`);
    this.parcels.push(orderId);
  }

  @Method({ readonly: true })
  shipped(): string[] {
    return this.parcels;
  }
}

class NotServed extends Error {
  override readonly name = "NotServed";
}
