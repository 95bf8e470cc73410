/** Actors whose methods have consequences: messages, events, reminders, calls of other actors. */
import {
  Actor,
  type ActorEvent,
  createClient,
  type DueReminder,
  DurableActor,
  type EventBus,
  Method,
  On,
  type PublishedEvent,
  type ReminderStatus,
  type ReminderTime,
} from "durable-lambda";
import { portsFromEnvironment } from "durable-lambda/aws";

/** Money that moves, by messages or by calls. */
@Actor
export class Purse extends DurableActor {
  money = 0;

  @Method deposit(amount: number): number {
    this.money += amount;
    this.ctx.emit("Deposited", { amount });
    return this.money;
  }
  @Method transfer(to: string, amount: number): void {
    this.money -= amount;
    this.ctx.actor(Purse).get(to).send().deposit(amount);
    this.ctx.emit("Transferred", { to, amount });
  }
  @Method async transferNow(to: string, amount: number): Promise<number> {
    this.money -= amount;
    this.ctx.emit("Transferred", { to, amount });
    return this.ctx.actor(Purse).get(to).deposit(amount);
  }
  @Method({ readonly: true }) content(): number {
    return this.money;
  }
}

/** Waits for the next in a ring, which waits for the next, and so on. */
@Actor
export class Link extends DurableActor {
  @Method async pass([next = "", ...others]: readonly string[], way: "here" | "over Lambda"): Promise<void> {
    const links = way === "here" ? this.ctx.actor(Link) : createClient().actor(Link);
    await links.get(next).pass([...others, next], way);
  }
}

export interface Ring {
  readonly dueAt: Date;
  readonly at: Date;
}

/** Notes when it was due, and when it rang. */
@Actor
export class Alarm extends DurableActor {
  rings: Ring[] = [];

  /**
   * @param times how often it rings, should it come again
   * @returns when it is due first
   */
  @Method set(time: ReminderTime, times = 1): Date {
    this.ctx.remind("alarm", time, "ring", times);
    const [{ dueAt }] = this.ctx.reminders() as [ReminderStatus];
    return dueAt;
  }
  @Method ring(times: number): void {
    const { dueAt } = this.ctx.reminder as DueReminder;
    this.rings.push({ dueAt, at: this.ctx.now });
    if (this.rings.length === times) this.ctx.forget("alarm");
  }
  @Method({ readonly: true }) list(): Ring[] {
    return this.rings;
  }
}

/** Is paid for in a shop or at a kiosk, and ships. */
@Actor
export class Order extends DurableActor {
  payments: { readonly eventId: string; readonly amount: number }[] = [];

  @On({ source: ["shop", "kiosk"], detailType: "OrderPaid", id: "detail.orderId" })
  pay({ id, detail }: ActorEvent<{ readonly orderId: string; readonly amount: number }>): void {
    this.payments.push({ eventId: id, amount: detail.amount });
    this.ctx.emit("OrderShipped", { orderId: this.ctx.actorId });
  }
  @Method({ readonly: true }) list() {
    return this.payments;
  }
}

/** Hears of all orders, one for each source of events. Two rules bring it the large ones, which it takes once, too. */
@Actor
export class Auditor extends DurableActor {
  heard: string[] = [];

  @On({ source: { prefix: "" }, detailType: { prefix: "Order" }, id: "source" })
  @On({
    source: "shop",
    detailType: "OrderPaid",
    detail: { amount: [{ numeric: [">", 100] }] },
    id: "source",
  })
  hear({ detailType, detail }: ActorEvent<{ readonly orderId?: string }>): void {
    this.heard.push(`${detailType} ${detail.orderId}`);
  }
  @Method({ readonly: true }) list(): string[] {
    return this.heard;
  }
}

const LAST_WORDS = "LastWords";

/** Its process dies when the turn is committed, before anything that the turn has caused leaves. */
@Actor
export class Mortal extends DurableActor {
  lives = 0;

  @Method bequeath(heir: string, amount: number): void {
    this.lives++;
    this.ctx.emit(LAST_WORDS, { heir });
    this.ctx.actor(Purse).get(heir).send().deposit(amount);
  }
  @Method({ readonly: true }) count(): number {
    return this.lives;
  }
}

/** Nobody else can come to deliver what is left behind before the lease of the dead has ended. */
const STILL_WARM_MS = 10_000;

/** The app's bus, which is the death of whoever comes to publish last words that were spoken just now. */
export class DeadlyBus implements EventBus {
  private readonly ports = portsFromEnvironment();

  get maxEventBytes(): number {
    return this.ports.bus.maxEventBytes;
  }

  async publish(event: PublishedEvent): Promise<void> {
    const isSpokenNow = Date.now() - event.timeMs < STILL_WARM_MS;
    if (event.detailType === LAST_WORDS && isSpokenNow) process.kill(process.pid, "SIGKILL");
    await this.ports.bus.publish(event);
  }
}
