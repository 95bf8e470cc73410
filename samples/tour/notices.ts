import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import type { MoneySent } from "../bank/account";

/** Tells an account's holder what came in: one notice for all that arrives within a second. */
@Actor
export class Notices extends DurableActor {
  news: string[] = [];
  readers: string[] = [];

  @On({ source: "durable-lambda.Account", detailType: "MoneySent", id: "detail.to" })
  moneySent({ detail: { from, amount } }: ActorEvent<MoneySent>): void {
    this.news.push(`${amount} from ${from}`);
    // The same name replaces the reminder that is there: the second begins anew.
    this.ctx.remind("notice", { in: "1s" }, "publish");
  }

  @Method
  publish(): void {
    const notice = this.news.splice(0).join(", ");
    for (const callId of this.readers.splice(0)) this.ctx.resolve(callId, notice);
  }

  /** Stays open until the next notice. */
  @Method
  next(): string {
    this.readers.push(this.ctx.callId);
    return this.ctx.pending();
  }
}
