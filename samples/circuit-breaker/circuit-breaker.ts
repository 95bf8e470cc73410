import { Actor, DurableActor, Method } from "durable-lambda";

export type CircuitState = "closed" | "open" | "half-open";

export interface Settings {
  /** It opens when so many calls fail … */
  readonly failures: number;
  /** … within so long. */
  readonly windowMs: number;
  /** It stays open for so long, and is half-open then. */
  readonly coolDownMs: number;
  /** While half-open, so many calls may be under way at once. */
  readonly probes: number;
  /** A probe of which nothing is heard for so long counts as lost, and another one may go. */
  readonly probeMs: number;
  /** It closes when so many probes have succeeded. */
  readonly successes: number;
}

export interface Answer {
  readonly allowed: boolean;
  /** To be given back with what became of the call. */
  readonly round: number;
}

/** The detail of the event "CircuitChanged". */
export interface CircuitChanged {
  readonly circuit: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
}

/**
 * Keeps callers away from a service that fails, until it has had time to recover and a few calls have shown that it did.
 *
 *   closed ── failures within the window ──► open ── cool-down ──► half-open ── successes ──► closed
 *                                             ▲                        │
 *                                             └──────── a failure ─────┘
 */
@Actor
export class CircuitBreaker extends DurableActor {
  private state: CircuitState = "closed";
  private changedAtMs = 0;
  /** Rises with each change of state: what is told of a call that began in another round is too late to count. */
  private round = 0;
  /** When calls have failed, while it is closed. */
  private failedAtMs: number[] = [];
  /** When the probes began that are under way. */
  private probesAtMs: number[] = [];
  private successes = 0;

  /** For subclasses to change. */
  protected settings(): Settings {
    return { failures: 5, windowMs: 60_000, coolDownMs: 30_000, probes: 1, probeMs: 10_000, successes: 3 };
  }

  /** May I call the service? Tell `succeeded` or `failed` afterwards, with the answer's round. */
  @Method
  ask(): Answer {
    // The reminder may come a second late, and a caller need not wait for it.
    this.endCoolDown();
    return { allowed: this.state === "closed" || this.beginProbe(), round: this.round };
  }

  @Method
  succeeded(round = this.round): void {
    if (round !== this.round || this.state !== "half-open") return;
    this.probesAtMs.shift();
    this.successes++;
    if (this.successes >= this.settings().successes) this.change("closed");
  }

  @Method
  failed(round = this.round): void {
    if (round !== this.round || this.state === "open") return;
    const { failures, windowMs } = this.settings();
    const nowMs = this.ctx.now.getTime();
    this.failedAtMs = [...this.failedAtMs.filter((failedMs) => nowMs - failedMs < windowMs), nowMs];
    if (this.state === "half-open" || this.failedAtMs.length >= failures) this.change("open");
  }

  /** What the reminder calls, so that it is half-open, and says so, also when nobody asks. */
  @Method
  endCoolDown(): void {
    if (this.state === "open" && this.ctx.now.getTime() >= this.endsAtMs()) this.change("half-open");
  }

  @Method({ readonly: true })
  status(): { state: CircuitState; since: Date; retryAt: Date | undefined } {
    return {
      state: this.state,
      since: new Date(this.changedAtMs),
      retryAt: this.state === "open" ? new Date(this.endsAtMs()) : undefined,
    };
  }

  private beginProbe(): boolean {
    if (this.state === "open") return false;
    const { probes, probeMs } = this.settings();
    const nowMs = this.ctx.now.getTime();
    // A caller may die before it tells anything. Its probe must not be in the way for ever.
    this.probesAtMs = this.probesAtMs.filter((beganMs) => nowMs - beganMs < probeMs);
    if (this.probesAtMs.length >= probes) return false;
    this.probesAtMs.push(nowMs);
    return true;
  }

  private endsAtMs(): number {
    return this.changedAtMs + this.settings().coolDownMs;
  }

  private change(to: CircuitState): void {
    const from = this.state;
    this.state = to;
    this.changedAtMs = this.ctx.now.getTime();
    this.round++;
    this.failedAtMs = [];
    this.probesAtMs = [];
    this.successes = 0;
    if (to === "open") this.ctx.remind("cool-down", { at: this.endsAtMs() }, "endCoolDown");
    else this.ctx.forget("cool-down");
    this.ctx.emit("CircuitChanged", { circuit: this.ctx.actorId, from, to } satisfies CircuitChanged);
  }
}
