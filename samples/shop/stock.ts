import { Actor, DurableActor, Method, ValidationError } from "durable-lambda";

/** How much there is of one item, and for which orders some of it is held. */
@Actor
export class Stock extends DurableActor {
  free = 0;
  held = new Map<string, number>();

  @Method
  add(count: number): number {
    this.free += counted(count);
    return this.free;
  }

  @Method
  hold(orderId: string, count: number): number {
    if (counted(count) > this.free)
      throw new RangeError(`There are ${this.free} of ${this.ctx.actorId}, not ${count}.`);
    this.free -= count;
    this.held.set(orderId, (this.held.get(orderId) ?? 0) + count);
    return this.free;
  }

  @Method
  release(orderId: string): number {
    this.free += this.held.get(orderId) ?? 0;
    this.held.delete(orderId);
    return this.free;
  }

  @Method({ readonly: true })
  left(): number {
    return this.free;
  }
}

/** A negative count would take away what is added, and add what is held. */
function counted(count: number): number {
  if (Number.isInteger(count) && count > 0) return count;
  throw new ValidationError(`A count is a whole number from 1, not ${count}.`);
}
