import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import type { Outcome } from "./transfer";

/** What became of an account's outgoing transfers, by the events that tell it. Transfers do not know of it. */
@Actor
export class Statement extends DurableActor {
  sent = 0;
  count = { done: 0, refused: 0, returned: 0 };

  @On({ source: "durable-lambda.Transfer", detailType: "TransferEnded", id: "detail.from" })
  transferEnded({ detail: { status, amount } }: ActorEvent<Outcome>): void {
    this.count[status]++;
    if (status === "done") this.sent += amount;
  }

  @Method({ readonly: true })
  summary(): { sent: number; done: number; refused: number; returned: number } {
    return { sent: this.sent, ...this.count };
  }
}
