import { Actor, DurableActor, Method } from "durable-lambda";
import { Refusal } from "./refusal";
import { CHOICE, type Choice, PLAN, type Plan, PURCHASE, type Purchase } from "./requests";

export interface Hold {
  readonly id: string;
  readonly seats: readonly string[];
  readonly until: Date;
}

export interface Booking {
  readonly id: string;
  readonly seats: readonly string[];
  readonly name: string;
}

/** What everybody may see of a show. */
export interface Overview extends Plan {
  readonly free: readonly string[];
  readonly held: number;
  readonly booked: number;
}

/** Long enough to pay in. */
const HOLD_MS = 5 * 60_000;

/**
 * One show, and all of its seats: one turn at a time, so nobody gets a seat twice. A seat is held for five minutes, and then free
 * again, unless it was booked.
 */
@Actor
export class Show extends DurableActor {
  private plan: Plan | undefined;
  /** In the order in which they end, since all of them last as long. */
  private holds = new Map<string, Hold>();
  private bookings = new Map<string, Booking>();

  /** May be said again, as a PUT is: the same plan changes nothing. */
  @Method({ input: PLAN })
  open(plan: Plan): Overview {
    const { title, rows, seatsPerRow } = this.plan ?? plan;
    if (title !== plan.title || rows !== plan.rows || seatsPerRow !== plan.seatsPerRow) {
      throw new Refusal("ShowExists", `This show is ${title}, and open already`);
    }
    this.plan = plan;
    return this.overview();
  }

  /** All of the seats or none. */
  @Method({ input: CHOICE })
  hold({ seats }: Choice): Hold {
    const all = new Set(this.allSeats());
    const missing = seats.filter((seat) => !all.has(seat));
    if (missing.length > 0) throw new Refusal("NoSuchSeat", `There is no ${missing.join(", ")}`, missing);
    const gone = this.takenSeats();
    const taken = seats.filter((seat) => gone.has(seat));
    if (taken.length > 0) throw new Refusal("SeatTaken", `${taken.join(", ")}: not free any more`, taken);
    // The call's id is the hold's: a request that is repeated has the same hold.
    const hold: Hold = { id: this.ctx.callId, seats, until: new Date(this.ctx.now.getTime() + HOLD_MS) };
    this.holds.set(hold.id, hold);
    if (this.ctx.reminders().length === 0) this.ctx.remind("holds", { at: hold.until }, "endHolds");
    return hold;
  }

  /** Whether there is such a hold or not: afterwards there is none. */
  @Method
  release(holdId: string): void {
    this.opened();
    this.holds.delete(holdId);
  }

  /** The reminder's. Whoever else calls it changes nothing. */
  @Method
  endHolds(): void {
    const current = this.currentHolds();
    this.holds = new Map(current.map((hold) => [hold.id, hold]));
    const [next] = current;
    if (next !== undefined) this.ctx.remind("holds", { at: next.until }, "endHolds");
  }

  @Method({ input: PURCHASE })
  book({ hold: holdId, name }: Purchase): Booking {
    this.opened();
    const hold = this.currentHolds().find(({ id }) => id === holdId);
    if (hold === undefined) throw new Refusal("HoldEnded", "The seats are not held any more: choose again");
    this.holds.delete(holdId);
    const booking: Booking = { id: this.ctx.callId, seats: hold.seats, name };
    this.bookings.set(booking.id, booking);
    return booking;
  }

  @Method({ readonly: true })
  booking(id: string): Booking {
    const booking = this.bookings.get(id);
    if (booking === undefined) throw new Refusal("NoSuchBooking", "There is no such booking");
    return booking;
  }

  @Method({ readonly: true })
  overview(): Overview {
    const all = this.allSeats();
    const taken = this.takenSeats();
    const booked = [...this.bookings.values()].flatMap(({ seats }) => seats).length;
    const free = all.filter((seat) => !taken.has(seat));
    return { ...this.opened(), free, held: taken.size - booked, booked };
  }

  /** The time decides, and not whether the reminder has come: nobody books what is not theirs any more. */
  private currentHolds(): Hold[] {
    const now = this.ctx.now;
    return [...this.holds.values()].filter(({ until }) => until > now);
  }

  private takenSeats(): Set<string> {
    return new Set([...this.currentHolds(), ...this.bookings.values()].flatMap(({ seats }) => seats));
  }

  private allSeats(): string[] {
    const { rows, seatsPerRow } = this.opened();
    return Array.from({ length: rows * seatsPerRow }, (_, number) => {
      const row = String.fromCharCode("A".charCodeAt(0) + Math.floor(number / seatsPerRow));
      return `${row}${(number % seatsPerRow) + 1}`;
    });
  }

  /** @throws Refusal when nobody has */
  private opened(): Plan {
    if (this.plan === undefined) throw new Refusal("NoSuchShow", "There is no such show");
    return this.plan;
  }
}
