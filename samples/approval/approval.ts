import { Actor, DurableActor, Method, TerminalError } from "durable-lambda";
import { AlreadyDecided, Rejected } from "./errors";

/** What a request that was approved results in. */
export interface Approved {
  readonly by: string;
  readonly at: Date;
}

/** One request that a person decides on. It escalates after a day, and is rejected after three. */
@Actor
export class Approval extends DurableActor {
  status: "new" | "open" | "approved" | "rejected" | "expired" = "new";
  subject = "";
  /** The call that waits for the decision. */
  callId = "";

  /** To be started: `start().request(subject)`. The call stays open until somebody decides, or nobody has. */
  @Method
  request(subject: string): Approved {
    if (this.status !== "new") throw new TerminalError(`This was requested before: ${this.subject}`);
    this.status = "open";
    this.subject = subject;
    this.callId = this.ctx.callId;
    this.ctx.remind("escalate", { in: "1d" }, "escalate");
    this.ctx.remind("expire", { in: "3d" }, "expire");
    return this.ctx.pending();
  }

  @Method
  approve(by: string): void {
    this.decide("approved");
    this.ctx.resolve(this.callId, { by, at: this.ctx.now } satisfies Approved);
  }

  @Method
  reject(by: string, reason: string): void {
    this.decide("rejected");
    this.ctx.reject(this.callId, new Rejected(by, reason));
  }

  @Method
  escalate(): void {
    if (this.status !== "open") return; // called by somebody else than the reminder, which is forgotten by then
    this.ctx.emit("ApprovalEscalated", { requestId: this.ctx.actorId, subject: this.subject });
  }

  @Method
  expire(): void {
    this.decide("expired");
    this.ctx.reject(this.callId, new Rejected(undefined, "nobody decided in 3 days"));
  }

  @Method({ readonly: true })
  state(): string {
    return this.status;
  }

  /** One turn at a time: of two people who decide at the same moment, one is told that the other was first. */
  private decide(status: "approved" | "rejected" | "expired"): void {
    if (this.status === "new") throw new TerminalError("Nothing was requested");
    if (this.status !== "open") throw new AlreadyDecided(this.status);
    this.status = status;
    this.ctx.forget("escalate");
    this.ctx.forget("expire");
  }
}
