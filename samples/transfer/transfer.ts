import { Actor, DurableActor, DurableError, Method, TerminalError } from "durable-lambda";
import { Account } from "./account";

/** What a transfer comes to. It results in this, and tells it as the event "TransferEnded". */
export interface Outcome {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  /** `refused`: nothing was withdrawn. `returned`: the target refused it, and it goes back to where it came from. */
  readonly status: "done" | "refused" | "returned";
  readonly reason?: string;
}

/**
 * One transfer between two accounts, to be started: `start().run(from, to, amount)`.
 *
 * One turn is enough: its message comes again until the turn is committed, and a turn that runs again makes the same calls under
 * the same ids, which have their effect once. So wherever the process dies, the next one ends what it began.
 */
@Actor
export class Transfer extends DurableActor {
  outcome: Outcome | undefined;

  @Method({ maxAttempts: 10 })
  async run(from: string, to: string, amount: number): Promise<Outcome> {
    if (this.outcome !== undefined) throw new TerminalError("The transfer has ended already");
    if (!(amount > 0)) throw new TerminalError(`An amount is above zero, and not ${amount}`);
    if (from === to) throw new TerminalError("A transfer is between two accounts");
    const accounts = this.ctx.actor(Account);

    const notWithdrawn = await refusalOf(accounts.get(from).withdraw(amount));
    if (notWithdrawn !== undefined)
      return this.end({ from, to, amount, status: "refused", reason: notWithdrawn });

    const notDeposited = await refusalOf(accounts.get(to).deposit(amount));
    if (notDeposited !== undefined) {
      // A message: it leaves with this outcome or not at all, and then has its effect once.
      accounts.get(from).send().takeBack(amount);
      return this.end({ from, to, amount, status: "returned", reason: notDeposited });
    }
    return this.end({ from, to, amount, status: "done" });
  }

  private end(outcome: Outcome): Outcome {
    this.outcome = outcome;
    this.ctx.emit("TransferEnded", { ...outcome });
    return outcome;
  }
}

/** Why a call was refused, if it was. One that did not get through is not refused: the transfer's message comes again for it. */
async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof DurableError && !error.retryable) return error.message;
    throw error;
  }
}
