/**
 * Follows the turns of one activation, or one readonly call, from their beginnings until it is certain what became of them, and
 * has each reported once.
 *
 *     begin ─► ended ─► committed      with those before it
 *                    ├► told           its commit was refused: what the inbox says
 *                    └► lost
 */
import type { Address } from "../../address";
import type { Effect } from "../../effects";
import type { DurableError } from "../../errors";
import { safely } from "../../telemetry/safely";
import { beginSpan } from "../../telemetry/tracing";
import { type Json, pack } from "../../values/codec";
import type { Answer } from "../applied";
import type { Call } from "../call";
import type { Claim } from "../claim";
import type { Host } from "../host";
import type { Outcome } from "../turns/outcome";
import type { TurnKind, TurnOutcome, TurnReport } from "./turn-report";

/** What is known of a turn when it begins. */
interface Begun {
  readonly kind: TurnKind;
  readonly attempts: number;
  readonly reminder: string | undefined;
  readonly args: Json | undefined;
}

interface Ended extends Begun {
  readonly call: Call;
  readonly outcome: TurnOutcome;
  /** Of the actor, when it ran; and by its end, if that is kept. */
  readonly onVersion: number;
  readonly version: number;
  readonly error?: DurableError;
  readonly endedMs: number;
}

export class Recorder {
  private loadedMs: number | undefined;
  private begun: Begun | undefined;
  /** Turns that have ended, and are not certain yet. */
  private pending: Ended[] = [];
  /** What is to be told besides, once it is certain. */
  private notes: (() => void)[] = [];

  /** @param claim undefined for a readonly call */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    private readonly claim?: Claim,
  ) {}

  /** The actor is there. */
  loaded(): void {
    this.loadedMs = this.host.clock.now();
  }

  begin(call: Call, kind: TurnKind, attempts: number, reminder?: string): void {
    const { address, method, callId, trace } = call.envelope;
    const { args } = call;
    const role = kind === "call" || kind === "readonly" ? "SERVER" : "CONSUMER";
    call.span = beginSpan(role, { actor: address.type, id: address.id, method, callId }, trace);
    // Now: the method may go on to change them.
    const shown = this.host.telemetry.logsArguments ? safely(() => pack(args, "args")) : undefined;
    this.begun = { kind, reminder, attempts, args: shown };
  }

  /**
   * The turn that was begun has ended.
   * @param onVersion of the actor, on which it ran
   */
  ended(outcome: Outcome, onVersion: number, as: TurnOutcome = "committed"): void {
    const { begun } = this;
    if (begun === undefined) return;
    this.begun = undefined;
    const { call } = outcome;
    const error = "error" in outcome ? outcome.error : undefined;
    if (error === undefined && call.span === undefined && !this.host.telemetry.isHeard) return;
    const counted = "error" in outcome ? outcome.verdict?.attempts : undefined;
    this.pending.push({
      ...begun,
      call,
      attempts: counted ?? begun.attempts,
      outcome: error === undefined ? as : "failed",
      ...(error === undefined ? {} : { error }),
      onVersion,
      version: "reply" in outcome ? outcome.reply.version : onVersion,
      endedMs: this.host.clock.now(),
    });
  }

  /** Tells something of a turn that has ended, once it is certain. */
  note(tell: () => void): void {
    this.notes.push(tell);
  }

  /** What has ended is certain. @param isWritten false when there was nothing to write */
  committed(isWritten: boolean): void {
    if (this.notes.length > 0) for (const tell of this.notes.splice(0)) tell();
    if (this.pending.length === 0) return;
    const { host, address } = this;
    if (isWritten) host.telemetry.committed(address, this.pending.length);
    for (const turn of this.pending.splice(0)) {
      this.report(isWritten ? turn : { ...turn, version: Math.min(turn.version, turn.onVersion) });
    }
  }

  /** What has ended is thrown away, and runs again: there is nothing to report but a span each. */
  discarded(): void {
    const { host, address, pending } = this;
    if (pending.length > 0) host.telemetry.thrownAway(address, pending.length);
    this.begun = undefined;
    this.notes = [];
    for (const { call, onVersion } of this.pending.splice(0)) {
      call.span?.end({ version: onVersion, outcome: "discarded" });
    }
  }

  /** A commit was refused under a lease. */
  refused(): void {
    this.host.telemetry.refused(this.address);
  }

  /** What a call is told whose commit was refused: what the inbox has, or that it is `lost`. */
  told(call: Call, answer: Answer, lost: DurableError): void {
    const turn = this.pending.find((one) => one.call === call);
    if (turn === undefined) return;
    this.pending = this.pending.filter((one) => one !== turn);
    if ("reply" in answer) this.report({ ...turn, outcome: "repeated", version: answer.reply.version });
    else if (answer.error === lost) this.reportLost(turn, lost);
    else this.report({ ...turn, outcome: "repeated", error: answer.error });
  }

  /** What has ended is not committed, as far as is known. */
  lost(error: DurableError): void {
    for (const turn of this.pending.splice(0)) this.reportLost(turn, error);
  }

  delivered(effects: readonly Effect[], rest: readonly Effect[]): void {
    const { host, address } = this;
    host.telemetry.delivered(address, effects, rest, host.clock.now());
  }

  private reportLost(turn: Ended, error: DurableError): void {
    this.report({ ...turn, outcome: "lost", version: turn.onVersion, error });
  }

  private report({ call, endedMs, onVersion: _onVersion, ...turn }: Ended): void {
    const { host, address, claim, loadedMs = endedMs } = this;
    const held = claim?.held;
    const { arrivedMs, startedMs = endedMs } = call;
    const { method, callId } = call.envelope;
    const nowMs = host.clock.now();
    const loadingMs = Math.max(0, loadedMs - Math.max(arrivedMs, claim?.sinceMs ?? arrivedMs));
    const beganMs = Math.max(startedMs, loadedMs);
    const report: TurnReport = {
      actor: address.type,
      actorId: address.id,
      method,
      callId,
      ...turn,
      ...(held && { fence: held.lease.fence, leaseId: held.lease.id, leaseUntilMs: held.untilMs }),
      waitedMs: Math.max(0, beganMs - arrivedMs - loadingMs),
      loadedMs: loadingMs,
      ranMs: Math.max(0, endedMs - beganMs),
      ...(claim && { committedMs: Math.max(0, nowMs - endedMs) }),
    };
    call.isReported = true;
    call.span?.end({ version: turn.version, outcome: turn.outcome }, turn.error);
    host.telemetry.report(report);
  }
}
