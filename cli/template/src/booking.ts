import { Actor, DurableActor, type Duration, Method } from "durable-lambda";
import { Show } from "./show";

/** One booking, by its id: its seats are held until it is paid, and given back when nobody pays in time. */
@Actor
export class Booking extends DurableActor {
  status: "new" | "held" | "paid" | "expired" = "new";
  show = "";
  seats = 0;

  @Method
  async hold(show: string, seats: number, patience: Duration = "15m"): Promise<string> {
    this.expect("new");
    // A call of another actor, in the same process. What it throws ends this turn, too.
    await this.ctx.actor(Show).get(show).hold(this.ctx.actorId, seats);
    this.status = "held";
    this.show = show;
    this.seats = seats;
    // A call of this actor, later, although no process waits for it.
    this.ctx.remind("unpaid", { in: patience }, "expire");
    return this.status;
  }

  @Method
  pay(): string {
    this.expect("held");
    this.status = "paid";
    this.ctx.forget("unpaid");
    // An event for whoever listens with @On. It leaves if this turn is committed, and only then.
    this.ctx.emit("BookingPaid", { bookingId: this.ctx.actorId, show: this.show, seats: this.seats });
    return this.status;
  }

  @Method
  expire(): string {
    this.expect("held");
    this.status = "expired";
    // A message: it leaves with the commit, too, and takes its effect exactly once.
    this.ctx.actor(Show).get(this.show).send().release(this.ctx.actorId);
    return this.status;
  }

  @Method({ readonly: true })
  summary(): { status: string; show: string; seats: number } {
    return { status: this.status, show: this.show, seats: this.seats };
  }

  private expect(status: string): void {
    if (this.status !== status) throw new WrongStatus(`The booking is ${this.status}, not ${status}`);
  }
}

export class WrongStatus extends Error {
  override readonly name = "WrongStatus";
}
