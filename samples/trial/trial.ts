import { Actor, type ActorEvent, DurableActor, Method, On, TerminalError } from "durable-lambda";

/** The detail of the shop's event "OrderPaid". */
export interface OrderPaid {
  readonly customerId: string;
  readonly orderId: string;
}

/** A customer's trial of 14 days. It warns, and it ends by itself, unless the customer pays before. */
@Actor
export class Trial extends DurableActor {
  status: "new" | "running" | "paid" | "ended" = "new";
  orderId = "";

  @Method
  begin(): void {
    if (this.status !== "new") throw new TerminalError(`The trial of ${this.ctx.actorId} has begun before.`);
    this.status = "running";
    this.ctx.remind("warning", { in: "11d" }, "warn", 3);
    this.ctx.remind("end", { in: "14d" }, "end");
    this.ctx.remind("tip", { cron: "0 9 * * MON", timezone: "Europe/Berlin" }, "giveTip");
  }

  /** The shop knows nothing of trials: it tells that an order was paid, and for whom. */
  @On({ source: "shop", detailType: "OrderPaid", id: "detail.customerId" })
  paid({ detail }: ActorEvent<OrderPaid>): void {
    this.status = "paid";
    this.orderId = detail.orderId;
    this.ctx.forget("warning");
    this.ctx.forget("end");
  }

  @Method
  warn(daysLeft: number): void {
    this.tell("TrialEnding", { daysLeft });
  }

  @Method
  end(): void {
    this.status = "ended";
    this.ctx.forget("tip");
    this.tell("TrialEnded");
  }

  @Method
  giveTip(): void {
    this.tell("TipDue", { date: this.ctx.now });
  }

  @Method({ readonly: true })
  state(): string {
    return this.status;
  }

  private tell(detailType: string, detail: object = {}): void {
    this.ctx.emit(detailType, { customerId: this.ctx.actorId, ...detail });
  }
}
