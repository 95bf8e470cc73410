import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import type { MoneySent } from "./account";

/** What an account's holder hears of. Accounts do not know of it: they tell an event, and it listens. */
@Actor
export class Inbox extends DurableActor {
  lines: string[] = [];

  @On({ source: "durable-lambda.Account", detailType: "MoneySent", id: "detail.to" })
  moneySent({ detail: { from, amount } }: ActorEvent<MoneySent>): void {
    this.lines.push(`${amount} from ${from}`);
  }

  @Method({ readonly: true })
  list(): string[] {
    return this.lines;
  }
}
