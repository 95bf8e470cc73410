import { Actor, DurableActor, Method } from "durable-lambda";

/** How much there is of one item, and how much of it is reserved for which order. */
@Actor
export class Inventory extends DurableActor {
  free = 0;
  reserved = new Map<string, number>();

  @Method
  add(count: number): void {
    this.free += count;
  }

  @Method
  reserve(orderId: string, count: number): void {
    if (count > this.free)
      throw new OutOfStock(`There are ${this.free} of ${this.ctx.actorId}, not ${count}`);
    this.free -= count;
    this.reserved.set(orderId, (this.reserved.get(orderId) ?? 0) + count);
  }

  /** Undoes `reserve`. */
  @Method
  release(orderId: string): void {
    this.free += this.reserved.get(orderId) ?? 0;
    this.reserved.delete(orderId);
  }

  @Method({ readonly: true })
  left(): number {
    return this.free;
  }
}

class OutOfStock extends Error {
  override readonly name = "OutOfStock";
}
