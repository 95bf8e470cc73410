/**
 * A call on its way through this process: it waits in a mailbox, runs as a turn, and is settled once. Its deadline
 * is watched from the moment it arrives.
 */

import { addressKey } from "../address";
import { CallContext } from "../call-context";
import type { Clock } from "../clock";
import type { Envelope, Reply } from "../envelope";
import { ActorBusy, CallTimeout, type DurableError } from "../errors";
import type { RunningTurn } from "../running-turn";
import { activeTrace, type TracedWork } from "../telemetry/tracing";
import type { TraceContext } from "../trace-context";
import type { Verdict } from "./attempts";
import { ClaimRefused } from "./sighting";

/** Calls that must run in their order: once one of them fails, those behind it are not run. */
export interface Sequence {
  isStopped: boolean;
}

/** What makes a call a message: its place in its group, and how often it may be tried. */
export interface QueuedAs {
  readonly messageId: string;
  readonly maxAttempts: number;
  /** How often it was handed out. */
  readonly receiveCount: number;
  /** Its place in its queue. */
  readonly place: string | undefined;
  readonly sequence: Sequence;
}

export class Call {
  readonly reply: Promise<Reply>;
  readonly arrivedMs: number;
  /** What its method is called with. */
  args: readonly unknown[];
  startedMs: number | undefined;
  private controller: AbortController | undefined;
  private ownContext: CallContext | undefined;
  private reason: DurableError | undefined;
  private settled = false;
  private resolve!: (reply: Reply) => void;
  private reject!: (error: DurableError) => void;
  private cancelTimer: () => void;
  /** Of its method, when that ends it before its deadline. */
  private timeoutMs: number | undefined;
  private endMs: number;
  private interrupt: (() => void) | undefined;
  /** Its arguments as they came, where a turn that may be thrown away could change them. */
  private kept: readonly unknown[] | undefined;
  /** How often its turn was thrown away, to run again. */
  run = 0;
  /** What of its turn runs: the method, or one of the hooks around it. */
  part: string;
  /** It was the one to stop its sequence. */
  private hasStopped = false;
  /** Called when its code turns out to wait for something. */
  onWait: (() => void) | undefined;
  /** Its turn, where somebody traces. */
  span: TracedWork | undefined;
  /** What became of it is told: in the log, the metrics, the trace. */
  isReported = false;
  /** Of a message that failed, once that is committed. */
  verdict: Verdict | undefined;

  /**
   * @param leave takes the call out of the queue in which it waits
   * @param message present when the call is a message
   */
  constructor(
    readonly envelope: Envelope,
    private readonly clock: Clock,
    private readonly leave: (call: Call) => void,
    readonly message?: QueuedAs,
  ) {
    this.arrivedMs = clock.now();
    this.args = envelope.args;
    this.part = envelope.method;
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.endMs = envelope.deadlineMs;
    this.cancelTimer = clock.setTimer(Math.max(0, this.endMs - this.arrivedMs), () => this.expire());
  }

  /** Its turn may be thrown away: the next one is to have the arguments as they came. */
  keepArguments(): void {
    const { args } = this.envelope;
    if (this.kept === undefined && args.some(canChange)) this.kept = structuredClone(args);
  }

  /** The {@link signal} of one run: that of a turn which was thrown away has aborted. */
  signalOf(run: number): AbortSignal {
    return run === this.run ? this.signal : AbortSignal.abort();
  }

  /** Aborts when the call must not go on. Made when first asked for: most methods never do. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** What is known of it beside its arguments. Made when first asked for. */
  get context(): CallContext {
    this.ownContext ??= this.envelope.context ?? new CallContext();
    return this.ownContext;
  }

  /** What its turn's own calls and messages take along. */
  asTurn(): RunningTurn {
    const { address, chain, hops } = this.envelope;
    return {
      chain: [...chain, addressKey(address)],
      hops: hops + 1,
      remainingMs: () => Math.max(0, this.endMs - this.clock.now()),
      span: this.span,
    };
  }

  /** What its turn's calls and messages belong to: a span of the method's own, or the turn. */
  get trace(): TraceContext | undefined {
    return this.span && (activeTrace() ?? this.span.trace);
  }

  /** Why the call must not go on; undefined while it may. */
  get abortReason(): DurableError | undefined {
    return this.reason;
  }

  /**
   * Waits for what the method returned, or for the abort, whichever comes first.
   * @throws whatever the method threw, or the abort's reason
   */
  race(returned: Promise<unknown>): Promise<unknown> {
    this.onWait?.();
    return new Promise((resolve, reject) => {
      this.interrupt = () => reject(this.reason);
      if (this.reason !== undefined) this.interrupt();
      returned.then(resolve, reject);
    });
  }

  /** @param timeoutMs the most that its turn may run */
  start(timeoutMs?: number): void {
    this.startedMs = this.clock.now();
    if (timeoutMs === undefined || this.startedMs + timeoutMs >= this.endMs) return;
    this.cancelTimer();
    this.timeoutMs = timeoutMs;
    this.endMs = this.startedMs + timeoutMs;
    this.cancelTimer = this.clock.setTimer(timeoutMs, () => this.expire());
  }

  abort(reason: DurableError): void {
    if (this.reason !== undefined || this.settled) return;
    this.reason = reason;
    this.controller?.abort(reason);
    this.interrupt?.();
  }

  succeed(reply: Reply): void {
    this.settle();
    this.resolve(reply);
  }

  fail(error: DurableError, verdict?: Verdict): void {
    this.settle();
    this.stopSequence();
    this.verdict = verdict;
    this.reject(error);
  }

  /** Keeps those behind it from running. */
  stopSequence(): void {
    if (this.message === undefined || this.message.sequence.isStopped) return;
    this.message.sequence.isStopped = true;
    this.hasStopped = true;
  }

  /**
   * Waits for its turn once more: the one that it has had is thrown away. False when that ended for a reason of its own, such as the
   * call's deadline.
   */
  rewind(refusal: DurableError): boolean {
    if (this.settled || (this.reason !== undefined && !(this.reason instanceof ClaimRefused))) return false;
    this.abort(refusal);
    this.run++;
    this.controller = this.reason = this.interrupt = undefined;
    this.span = this.onWait = undefined;
    this.args = this.kept === undefined ? this.envelope.args : structuredClone(this.kept);
    this.part = this.envelope.method;
    if (this.message !== undefined && this.hasStopped) this.message.sequence.isStopped = false;
    this.hasStopped = false;
    this.startedMs = this.timeoutMs = undefined;
    this.endMs = this.envelope.deadlineMs;
    this.cancelTimer();
    this.cancelTimer = this.clock.setTimer(Math.max(0, this.endMs - this.clock.now()), () => this.expire());
    return true;
  }

  /** Fails a call whose deadline has passed, if the timer has not come to it yet: a process may have been paused. */
  failIfLate(): boolean {
    if (this.clock.now() < this.endMs) return false;
    this.expire();
    return true;
  }

  /** @throws why the call must not go on; also when a method that kept the process busy let no timer say so */
  check(): void {
    this.failIfLate();
    if (this.reason !== undefined) throw this.reason;
  }

  /** Ends the watch over the deadline of a call that is answered in another way. */
  dismiss(): void {
    this.settle();
  }

  private settle(): void {
    this.settled = true;
    this.cancelTimer();
  }

  private expire(): void {
    const nowMs = this.clock.now();
    const { address, method } = this.envelope;
    const target = `${addressKey(address)}.${method}`;
    if (this.startedMs === undefined) {
      const waitedMs = nowMs - this.arrivedMs;
      this.leave(this);
      this.fail(
        new ActorBusy(
          `${target} waited ${waitedMs} ms for its turn and did not get it before its deadline.`,
          {
            actor: address.type,
            id: address.id,
            waitedMs,
          },
        ),
      );
      return;
    }
    const waitedMs = this.startedMs - this.arrivedMs;
    const ranMs = nowMs - this.startedMs;
    const { timeoutMs } = this;
    const end =
      timeoutMs === undefined ? "before its deadline" : `within its method's timeout of ${timeoutMs} ms`;
    this.abort(
      new CallTimeout(
        `${target} did not end ${end}: it waited ${waitedMs} ms and ran ${ranMs} ms. Its turn was rolled back.`,
        {
          actor: address.type,
          id: address.id,
          method,
          waitedMs,
          ranMs,
          ...(timeoutMs === undefined ? { limit: "call" } : { limit: "method", timeoutMs }),
        },
      ),
    );
  }
}

function canChange(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
