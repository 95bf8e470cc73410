import { Actor, DurableActor, Method } from "durable-lambda";

/** The smallest actor: one durable number. */
@Actor
export class Counter extends DurableActor {
  count = 0;

  @Method
  increment(by = 1): number {
    this.count += by;
    return this.count;
  }

  /** Changes the count and then fails: nothing of it stays. */
  @Method
  incrementAndThrow(by = 1): never {
    this.count += by;
    throw new RangeError(`The count must not be ${this.count}`);
  }

  @Method({ readonly: true })
  value(): number {
    return this.count;
  }
}
