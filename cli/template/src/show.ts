import { Actor, DurableActor, Method } from "durable-lambda";

/** One show, by its name: how many of its seats are free, and how many each booking holds. */
@Actor
export class Show extends DurableActor {
  // Own fields are the state: loaded before a turn, stored after it, wherever it runs.
  free = 0;
  held = new Map<string, number>();

  @Method
  open(seats: number): number {
    this.check(seats);
    this.free += seats;
    return this.free;
  }

  /** One turn at a time: between the look at what is free and the change, nobody else takes a seat. */
  @Method
  hold(bookingId: string, seats: number): number {
    this.check(seats);
    // What a method throws goes to its caller, and the turn changes nothing.
    if (seats > this.free) throw new SoldOut(`${this.ctx.actorId} has ${this.free} of ${seats} seats`);
    this.free -= seats;
    this.held.set(bookingId, seats);
    return this.free;
  }

  @Method
  release(bookingId: string): number {
    this.free += this.held.get(bookingId) ?? 0;
    this.held.delete(bookingId);
    return this.free;
  }

  /** Reads what is stored, and waits for no turn. */
  @Method({ readonly: true })
  left(): number {
    return this.free;
  }

  private check(seats: number): void {
    if (!Number.isInteger(seats) || seats < 1) throw new RangeError(`${seats} is no number of seats`);
  }
}

export class SoldOut extends Error {
  override readonly name = "SoldOut";
}
