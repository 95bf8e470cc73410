/** What was committed, by the pieces of work; and that it is what a pure model of the actor says. */
import type { Attempt } from "../workload/history";
import type { Step } from "../workload/program";
import type { World } from "../world";

export class Committed {
  private readonly byOp = new Map<string, Attempt[]>();

  constructor(private readonly world: World) {
    for (const { attempts } of world.ledger.accounts.values()) {
      for (const attempt of attempts) {
        const { op } = attempt;
        this.byOp.set(op, [...(this.byOp.get(op) ?? []), attempt]);
      }
    }
  }

  /** The attempt with which a piece of work was done. */
  end(op: string): Attempt | undefined {
    return this.byOp.get(op)?.find(({ isLast }) => isLast);
  }

  has(op: string): boolean {
    return this.byOp.has(op);
  }

  /**
   * Each piece of work, and each part of one up to a checkpoint, is done once at most. When its actor is destroyed on the way, it
   * begins anew.
   */
  checkOnce(): void {
    for (const [op, attempts] of this.byOp) {
      const [first, ...others] = attempts as [Attempt, ...Attempt[]];
      let before = first;
      for (const attempt of others) {
        const isNext =
          attempt.stage > before.stage || (attempt.stage === 0 && this.isDestroyedBetween(before, attempt));
        if (before.isLast || !isNext || attempt.actor !== before.actor) {
          const where = attempts.map(
            ({ nonce, actor, committed }) => `${nonce} in ${actor}@${committed?.version}`,
          );
          this.world.history.violated("once", `${op} was done more than once: ${where.join(", ")}`);
          break;
        }
        before = attempt;
      }
    }
  }

  private isDestroyedBetween({ committed, actor }: Attempt, { committed: later }: Attempt): boolean {
    const { attempts } = this.world.ledger.account(`Account/${actor}`);
    return attempts.slice(committed?.place, later?.place).some(({ destroys }) => destroys);
  }

  /** Attempts in the order of the commits lead from one balance to the next. */
  checkModel(): void {
    for (const [key, { attempts }] of this.world.ledger.accounts) {
      let [last, balance] = ["", 0];
      for (const attempt of attempts) {
        const { nonce, op, previous, before, after, steps, destroys } = attempt;
        const expected = steps.reduce(balanceAfter, balance);
        if (previous !== last || before !== balance || after !== expected) {
          this.world.history.violated(
            "model",
            `${key}: ${nonce} (${op}) ran on ${previous} with ${before} and left ${after}; after ${last} with ${balance} it leaves ${expected}`,
          );
        }
        [last, balance] = destroys ? ["", 0] : [nonce, after];
      }
    }
  }
}

function balanceAfter(balance: number, step: Step): number {
  if (step.do === "add") return balance + step.amount;
  if (step.do === "take" || (step.do === "spend" && balance >= step.amount)) return balance - step.amount;
  return balance;
}
