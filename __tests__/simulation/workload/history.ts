/** What happened in one schedule, as those saw it who took part: attempts at programs, and what callers were told. */
import type { SimulatedProcess } from "../hosts/simulated-process";
import { opIn, type Receipt, type Sight, type Step } from "./program";

/** What an attempt caused. */
export type AttemptEffect =
  | {
      readonly kind: "send" | "start";
      readonly op: string;
      readonly to: string;
      readonly callId: string;
      /** It has a place in the order of what its sender sends. */
      readonly isOrdered: boolean;
    }
  | { readonly kind: "event"; readonly op: string; readonly to: string; readonly isOrdered: false }
  | { readonly kind: "call"; readonly op: string; readonly to: string }
  | {
      readonly kind: "reminder";
      readonly op: string;
      readonly to: string;
      readonly name: string;
      readonly dueMs: number;
      readonly times: number;
    }
  | { readonly kind: "forget"; readonly name: string }
  | { readonly kind: "resolve"; readonly callId: string; readonly value: string };

/** One attempt at a program, or at the part of it up to, or from, a checkpoint. */
export interface Attempt {
  readonly nonce: string;
  readonly op: string;
  /** The step from which it began: 0, unless it goes on from a checkpoint. */
  readonly stage: number;
  readonly actor: string;
  readonly callId: string;
  /** The attempt that the state told of, and the balance, when this one began. */
  readonly previous: string;
  readonly before: number;
  /** What makes the state large, as it was when this one began; and as it left it. */
  lines: string;
  readonly process: SimulatedProcess;
  readonly startedMs: number;
  /** Of the reminder that it is for; and the time, by the clock of its process. */
  readonly dueMs: number | undefined;
  readonly hostMs: number;
  after: number;
  /** What it has done of its program. */
  readonly steps: Step[];
  readonly effects: AttemptEffect[];
  destroys: boolean;
  /** The actor was told of its end. */
  isEnded: boolean;
  isPending: boolean;
  /** The program ends with it. */
  isLast: boolean;
  /** Set when a commit is seen that contains it: its place among all that were committed to its actor, and the version. */
  committed: { readonly place: number; readonly version: number } | undefined;
}

export type Outcome =
  | { readonly is: "done"; readonly receipt?: Receipt; readonly sight?: Sight }
  /** It was not applied, and never will be. */
  | { readonly is: "refused"; readonly code: string; readonly nonce?: string | undefined }
  | { readonly is: "unknown"; readonly code: string };

/** What a client asked for, and what it was told. */
export interface ClientOp {
  readonly op: string;
  readonly session: string;
  readonly to: string;
  readonly kind: "call" | "gaze" | "strong look" | "eventual look" | "send" | "start" | "emit";
  /** Messages of one session to one actor are in this order. */
  readonly isOrdered: boolean;
  readonly isKeyed: boolean;
  readonly beganMs: number;
  endedMs: number | undefined;
  outcome: Outcome;
  callId: string | undefined;
  /** Of a tracked call: what was said whenever somebody asked. */
  readonly results: string[];
}

export interface Violation {
  /** The checker that found it. */
  readonly check: string;
  readonly what: string;
}

export class History {
  readonly attempts = new Map<string, Attempt>();
  readonly ops: ClientOp[] = [];
  readonly violations: Violation[] = [];
  /** Messages that their queue took ahead of others of their group that it refused. */
  readonly overtakers = new Set<string>();
  /** Calls that invoked the function twice. */
  readonly doubled = new Set<string>();
  /** Calls that were dead letters at some time. */
  readonly dead = new Set<string>();
  /** What made programs fail is mended. */
  isMended = false;
  private readonly tries = new Map<string, number>();
  private readonly order: Attempt[] = [];

  violated(check: string, what: string): void {
    // One thing that is wrong shows in many places; the first ones tell most.
    if (this.violations.length < 20) this.violations.push({ check, what });
  }

  begin(
    process: SimulatedProcess,
    start: Pick<Attempt, "op" | "stage" | "actor" | "callId" | "previous" | "before" | "lines" | "dueMs">,
  ): Attempt {
    const nonce = `n${this.attempts.size + 1}`;
    const { lines = "" } = this.attempts.get(start.previous) ?? {};
    if (lines !== start.lines) {
      this.violated(
        "state",
        `${start.actor} does not have the lines that ${start.previous || "a new one"} left it`,
      );
    }
    const attempt: Attempt = {
      ...start,
      nonce,
      process,
      startedMs: process.world.timeline.nowMs,
      hostMs: process.clock.now(),
      after: start.before,
      steps: [],
      effects: [],
      destroys: false,
      isEnded: false,
      isPending: false,
      isLast: false,
      committed: undefined,
    };
    this.attempts.set(nonce, attempt);
    this.order.push(attempt);
    this.tries.set(start.op, this.attemptsOf(start.op) + 1);
    process.world.trace.add(process.name, `runs ${start.op} on ${start.actor} as ${nonce}`);
    return attempt;
  }

  /** The attempts that began last. */
  latest(): readonly Attempt[] {
    return this.order.slice(-20);
  }

  attemptsOf(op: string): number {
    return this.tries.get(op) ?? 0;
  }

  ask(op: Omit<ClientOp, "endedMs" | "outcome" | "callId" | "results">): ClientOp {
    const asked: ClientOp = {
      ...op,
      endedMs: undefined,
      outcome: { is: "unknown", code: "NoAnswer" },
      callId: undefined,
      results: [],
    };
    this.ops.push(asked);
    return asked;
  }

  overtakes(body: string): void {
    const op = opIn(JSON.parse(body) as { args?: readonly unknown[] });
    if (op !== undefined) this.overtakers.add(op);
  }

  /** Of a group, the message that failed and all behind it must come again. */
  checkFailures(
    messages: readonly {
      readonly MessageId: string;
      readonly Attributes: Readonly<Record<string, string>>;
    }[],
    failed: ReadonlySet<string>,
  ): void {
    const stopped = new Set<string>();
    for (const { MessageId, Attributes } of messages) {
      const { MessageGroupId: group } = Attributes;
      if (group === undefined) continue;
      if (failed.has(MessageId)) stopped.add(group);
      else if (stopped.has(group)) {
        this.violated("batch", `${MessageId} of ${group} is acknowledged behind one that failed`);
      }
    }
    for (const id of failed) {
      if (!messages.some(({ MessageId }) => MessageId === id)) {
        this.violated("batch", `${id}, which failed, was not in the batch`);
      }
    }
  }

  defect(message: string, error: unknown): void {
    const { message: reason, stack } = (error ?? {}) as Partial<Error>;
    this.violated("defects", `${message}: ${String(reason)} ${String(stack)}`);
  }
}
