/**
 * The calls that one turn makes of other actors. Each runs in this process, in its target's own mailbox and under its own
 * lease, and is committed when it ends, whatever becomes of the turn. Its id follows from the turn's own call: a turn that is
 * run again asks under the same ids, and gets the first answers.
 *
 *     turn ──► call ──► target's mailbox ──► its turn, its commit ──► result ──► turn goes on
 *      │ deadline, chain, hops travel along
 */
import { childCallOf, keyedCallId } from "../../call-id";
import type { CallOptions, MethodCall } from "../../calling/proxy";
import { checkTimeout, Requester } from "../../calling/requester";
import { openReply } from "../../invocation";
import { MAX_TIMEOUT_MS } from "../../timeouts";

import { encode, type Json } from "../../values/codec";
import type { Call } from "../call";
import type { ForeignWait } from "../foreign-waits";
import type { Host } from "../host";

/** A caller outlives its callee by a tenth of its time, at most this: so it hears what became of it. */
const ANSWER_MARGIN_MS = 100;

/** The callee had nearly all of its caller's time. Asked again in what is left, it would ask its own callees again too. */
const OUT_OF_TIME: ReadonlySet<string> = new Set(["CallTimeout", "ActorBusy"]);

export class TurnCalls implements ForeignWait {
  private isMethodWaiting = false;
  /** Made when the first one is: most turns make none. */
  private underWay: Set<Promise<unknown>> | undefined;

  /**
   * @param madeCalls how many it had made before the checkpoint from which it goes on
   * @param hold waits until others may see what the turn does, if they may not yet
   */
  constructor(
    private readonly host: Host,
    private readonly parent: Call,
    private madeCalls: number,
    private readonly hold: () => Promise<unknown> | undefined,
  ) {}

  /** How many the turn has made, with those before the checkpoint from which it goes on. */
  get made(): number {
    return this.madeCalls;
  }

  /** Waits for the method, which may wait for these calls, or for something else. */
  async amidst<T>(method: () => Promise<T>): Promise<T> {
    this.isMethodWaiting = true;
    this.noteWait();
    try {
      return await method();
    } finally {
      this.isMethodWaiting = false;
      this.noteWait();
    }
  }

  get isAwaited(): boolean {
    const { mode, chain } = this.parent.envelope;
    return mode === "call" && chain.length === 0;
  }

  get areUnderWay(): boolean {
    return this.underWay !== undefined && this.underWay.size > 0;
  }

  /** @throws (the promise) CallCycle, HopLimitExceeded, or whatever the call ends with */
  call(target: MethodCall, options: CallOptions): Promise<unknown> {
    const ordinal = this.madeCalls++;
    const work = this.request(target, options, ordinal);
    const underWay = this.underWay ?? new Set();
    this.underWay = underWay;
    underWay.add(work);
    this.noteWait();
    const end = () => {
      underWay.delete(work);
      this.noteWait();
    };
    // One that the method does not await must not bring down the process; its failure is logged where it ran.
    work.then(end, end);
    return work;
  }

  /** Resolves when none is under way: a turn ends after what it has begun. */
  async settled(): Promise<void> {
    while (this.underWay !== undefined && this.underWay.size > 0) await Promise.allSettled(this.underWay);
  }

  private async request(
    { actor, id, method, args: values }: MethodCall,
    { timeoutMs = MAX_TIMEOUT_MS, consistency, idempotencyKey }: CallOptions,
    ordinal: number,
  ): Promise<unknown> {
    checkTimeout(timeoutMs);
    const { host, parent } = this;
    const { clock, random, peers } = host;
    const { envelope } = parent;
    const address = { type: actor, id };
    const text = encode(values, "args");
    // A copy: the turn may go on to change what it passed, and the call may be sent again.
    const args = JSON.parse(text) as Json[];
    const identity =
      idempotencyKey === undefined
        ? childCallOf(envelope, { ordinal, address, method, args: text })
        : { callId: keyedCallId(address, idempotencyKey) };
    const { chain, hops, remainingMs } = parent.asTurn();
    const { trace } = parent;
    const holding = this.hold();
    if (holding !== undefined) await holding;
    const leftMs = remainingMs();
    const withinMs = Math.max(1, Math.floor(leftMs - Math.min(ANSWER_MARGIN_MS, leftMs / 10)));
    const requester = new Requester(
      { invoke: (request) => peers.invoke(request, this.hostTime()) },
      clock,
      random,
      ({ code, retryable }) => retryable && !OUT_OF_TIME.has(code),
    );
    const reply = await requester.send(Math.min(timeoutMs, withinMs), (attempt, timeLeftMs) => ({
      actor,
      id,
      method,
      args,
      ...identity,
      // What a repeated turn asks for may have been asked for before.
      attempt: envelope.maybeRepeated ? attempt + 1 : attempt,
      timeoutMs: timeLeftMs,
      chain,
      hops,
      ...(consistency === undefined ? {} : { consistency }),
      ...(trace === undefined ? {} : { trace }),
    }));
    return openReply(reply);
  }

  /** Without calls under way, what a method waits for is not ours. */
  private noteWait(): void {
    const { waits } = this.host;
    if (this.isMethodWaiting && !this.areUnderWay) waits.begin(this);
    else waits.end(this);
  }

  private hostTime() {
    const { deadlineMs, hostEndMs } = this.parent.envelope;
    return { nowMs: this.host.clock.now(), replyByMs: deadlineMs, endMs: hostEndMs };
  }
}
