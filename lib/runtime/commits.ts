/**
 * The commits of one activation, and what its callers are told of them.
 *
 *     outcome ─► commit ─┬ applied ─► committed ─► told        only now: nobody sees what was not committed
 *                        ├ refused, under a lease ─► told what the inbox says of the call
 *                        └ refused, without one ─► not told: the turns run again, and find what the inbox says
 *
 * After the first that is refused, or whose outcome cannot be found out, there is no other: nothing may be written on top of it.
 */
import type { Address } from "../address";
import type { DurableError } from "../errors";
import type { Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import { answersIn } from "./applied";
import type { Claim } from "./claim";
import type { HeldLease } from "./held-lease";
import { sendHint } from "./hints";
import type { Host } from "./host";
import type { ActorRecord, Draft } from "./record";
import type { Recorder } from "./telemetry/recorder";
import type { Outcome } from "./turns/outcome";

export class Commits {
  /** Why nothing more can be committed. */
  failure: DurableError | undefined;
  /** Of turns that are not committed yet. */
  private outcomes: Outcome[] = [];
  /** Committed, and still to be told. */
  private committed: Outcome[] = [];

  /** @param abort stops what runs, since it could not be committed */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    private readonly claim: Claim,
    private readonly record: ActorRecord,
    private readonly recorder: Recorder,
    private readonly abort: (reason: DurableError) => void,
  ) {}

  add(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  /**
   * Writes what the turns led to, if they led to anything, with further turns to come.
   * @throws FencedError when the lease was lost, or the claim is refused; StoreUnavailable when the outcome cannot be found out
   */
  async commit(state: StoredState | undefined): Promise<void> {
    try {
      await this.write(state, () => false);
    } catch (thrown) {
      // A method that goes on all the same must not commit on top of what may have been applied.
      throw this.fail(asDurableError(thrown));
    }
  }

  /**
   * The last commit. True when the lease was given back with it, as it is where nothing is left to do after it.
   * @throws as {@link commit}
   */
  commitAndRelease(state: StoredState | undefined): Promise<boolean> {
    return this.write(state, ({ isLast }) => isLast);
  }

  /** Tells the callers of what is committed. */
  tell(): void {
    const { committed } = this;
    this.committed = [];
    for (const outcome of committed) {
      if ("reply" in outcome) outcome.call.succeed(outcome.reply);
      else outcome.call.fail(outcome.error, outcome.verdict);
    }
  }

  /** The first reason counts. */
  fail(reason: DurableError): DurableError {
    this.failure ??= reason;
    this.abort(this.failure);
    return this.failure;
  }

  /** Takes those that are not committed: when the claim was refused, their turns had no effect, and they are told nothing. */
  take(): Outcome[] {
    const { outcomes } = this;
    this.outcomes = [];
    return outcomes;
  }

  /** Fails what is not committed; those that were told of their success stay with it. Returns how many calls it were. */
  giveUp(error: DurableError): number {
    this.tell();
    this.recorder.lost(error);
    const untold = this.take();
    for (const { call } of untold) call.fail(error);
    return untold.length;
  }

  /** True when the lease was given back with it. */
  private async write(
    state: StoredState | undefined,
    mayRelease: (draft: Draft) => boolean,
  ): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    const { claim, record } = this;
    if (claim.settled !== undefined) await claim.settled;
    const draft = await record.draft(claim, state);
    const release = draft !== undefined && mayRelease(draft);
    if (draft === undefined) await claim.confirm();
    else {
      const outcome = await claim.commit({ ...draft.commit, release });
      if (!outcome.committed) await this.refused(outcome.current, draft);
      record.keep(draft, claim.fence);
    }
    this.recorder.committed(draft !== undefined);
    const { version } = record;
    for (const outcome of this.take()) this.committed.push(asOf(version, outcome));
    return release;
  }

  private async refused(current: Head | undefined, { commit }: Draft): Promise<never> {
    const { host, address, claim } = this;
    const error =
      claim.held === undefined ? this.fail(claim.refusal(current)) : await this.lost(claim.held, current);
    // If it was this commit that was applied, nobody has been told when to look again.
    if (commit.wakeAtMs !== undefined && commit.wakeAtMs === current?.wakeAtMs)
      await sendHint(host, address, current.wakeAtMs);
    throw error;
  }

  /**
   * After a commit that was refused under a lease, each call's own id says what became of it: in the inbox, it was applied, by this
   * commit whose response was lost or by another process, and has its answer there; not in it, it had no effect.
   */
  private async lost(held: HeldLease, current: Head | undefined): Promise<DurableError> {
    const { host, address, record, recorder } = this;
    const lost = this.fail(held.lostError());
    await record.state.discard(current);
    recorder.refused();
    const answerTo = answersIn(host.store, address, current);
    for (const { call } of this.outcomes) {
      const answer = (await answerTo(call.envelope)) ?? { error: lost };
      recorder.told(call, answer, lost);
      if ("reply" in answer) call.succeed(answer.reply);
      else call.fail(answer.error);
    }
    return lost;
  }
}

/** The answer of a turn that led to nothing, and was not written, is as of the version that there is. */
function asOf(version: number, outcome: Outcome): Outcome {
  if (!("reply" in outcome) || outcome.reply.version <= version) return outcome;
  return { ...outcome, reply: { ...outcome.reply, version } };
}
