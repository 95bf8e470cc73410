/**
 * The commits of one activation, and what its callers are told of them.
 *
 *     outcome ─► commit ─┬ applied ─► committed ─► told        only now: nobody sees what was not committed
 *                        └ refused ─► told what the inbox says of the call
 *
 * After the first that is refused, or whose outcome cannot be found out, there is no other: nothing may be written on top of it.
 */
import type { Address } from "../address";
import type { DurableError } from "../errors";
import type { Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import { answersIn } from "./applied";
import type { HeldLease } from "./held-lease";
import { sendHint } from "./hints";
import type { Host } from "./host";
import type { ActorRecord, Draft } from "./record";
import { retrying } from "./retrying";
import type { Recorder } from "./telemetry/recorder";
import type { Outcome } from "./turns/outcome";

export class Commits {
  /** Why nothing more can be committed. */
  failure: DurableError | undefined;
  /** Of turns that are not committed yet. */
  private readonly outcomes: Outcome[] = [];
  /** Committed, and still to be told. */
  private readonly committed: Outcome[] = [];

  /** @param abort stops what runs, since it could not be committed */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    private readonly held: HeldLease,
    private readonly record: ActorRecord,
    private readonly recorder: Recorder,
    private readonly abort: (reason: DurableError) => void,
  ) {}

  add(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  /**
   * Writes what the turns led to, if they led to anything, with further turns to come.
   * @throws FencedError when the lease was lost; StoreUnavailable when the outcome cannot be found out
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
    for (const outcome of this.committed.splice(0)) {
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

  /** Fails what is not committed; those that were told of their success stay with it. Returns how many calls it were. */
  giveUp(error: DurableError): number {
    this.tell();
    this.recorder.lost(error);
    const untold = this.outcomes.splice(0);
    for (const { call } of untold) call.fail(error);
    return untold.length;
  }

  /** True when the lease was given back with it. */
  private async write(
    state: StoredState | undefined,
    mayRelease: (draft: Draft) => boolean,
  ): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    const { host, address, held, record } = this;
    const draft = await record.draft(held.lease, state);
    const release = draft !== undefined && mayRelease(draft);
    if (draft !== undefined) {
      const commit = { ...draft.commit, release };
      const outcome = await retrying(host, () => host.store.commit(address, held.lease, commit));
      if (!outcome.committed && !this.isOwn(outcome.current)) await this.refused(outcome.current);
      record.keep(draft);
    }
    this.recorder.committed(draft !== undefined);
    this.committed.push(...this.outcomes.splice(0));
    return release;
  }

  /**
   * True when the refusal came because this very commit, without a release, was applied before. The lease's id alone does not tell:
   * a packet that asked for it and came late can have taken it once more, with another fence.
   */
  private isOwn(current: Head | undefined): boolean {
    const { id, fence } = this.held.lease;
    return current?.leaseId === id && current.fence === fence && current.version === this.record.version + 1;
  }

  /**
   * After a refused commit, each call's own id says what became of it: in the inbox, it was applied, by this commit
   * whose response was lost or by another process, and has its answer there; not in it, it had no effect.
   */
  private async refused(current: Head | undefined): Promise<never> {
    const lost = this.fail(this.held.lostError());
    await this.record.state.discard(current);
    this.recorder.refused();
    const answerTo = answersIn(this.host.store, this.address, current);
    for (const { call } of this.outcomes) {
      const answer = (await answerTo(call.envelope)) ?? { error: lost };
      this.recorder.told(call, answer, lost);
      if ("reply" in answer) call.succeed(answer.reply);
      else call.fail(answer.error);
    }
    // If it was this commit that was applied, nobody has been told when to look again.
    await sendHint(this.host, this.address, current?.wakeAtMs);
    throw lost;
  }
}
