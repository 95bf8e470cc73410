/**
 * Stands in for a client of the SDK in one process: carries commands to a simulated service and their answers back, tries
 * again as the SDK does, and meets on the way what a network and a busy service do.
 *
 *     command ──► leaves ──► arrives, is applied ──► answer
 *        ▲    crash-before   late-packet, throttled,   lost-…: the client hears nothing, or that the connection was reset
 *        └──────────────── again, up to 3 times ──────────────┘
 */
import { type Service, ServiceError, type ServiceRequest } from "../cloud/service";
import type { FaultKind } from "../faults/catalogue";
import { applyPartly } from "./on-the-way";
import { type Purpose, purposeOf } from "./purpose";
import type { SimulatedProcess } from "./simulated-process";

export type ServiceName = "dynamodb" | "sqs" | "events";

const MAX_ATTEMPTS = 3;
/** An attempt that hears nothing for so long is over. */
const ATTEMPT_MS = 3_000;
/** How long after it left a late packet arrives: mostly longer than a lease. */
const LATE_MS = [4_000, 40_000] as const;

const READS: ReadonlySet<Purpose> = new Set(["read", "receive"]);

interface Sending {
  readonly request: ServiceRequest;
  readonly purpose: Purpose;
  /** Whoever sends it has read bytes of the same actor that were changed. */
  readonly isInformed: boolean;
  resolve(output: object): void;
  reject(error: Error): void;
}

type Outcome = { readonly output: object } | { readonly error: Error };

/** Calls what is given first, and nothing after it. */
type Finish = (delayMs: number, then: () => void) => void;

export class SdkClient {
  constructor(
    private readonly process: SimulatedProcess,
    private readonly name: ServiceName,
    private readonly service: Service,
  ) {}

  send = (command: { readonly input: object }): Promise<object> => {
    const request = { command: command.constructor.name, input: command.input as Record<string, unknown> };
    const purpose = purposeOf(request);
    const isInformed = this.process.world.corruption.isKnownTo(this.process, request);
    return new Promise((resolve, reject) => {
      this.attempt({ request, purpose, isInformed, resolve, reject }, 1);
    });
  };

  private attempt(sending: Sending, attempt: number): void {
    const { process } = this;
    const { world } = process;
    const { purpose } = sending;
    if (process.isPaused) {
      process.enter(() => this.attempt(sending, attempt));
      return;
    }
    world.trace.add(process.name, purpose);
    if (this.crashes(sending, "before")) return;
    const failed = (error: Error) => this.failed(sending, attempt, error);
    const finish = this.awaitAnswer(failed);
    const isLate = !READS.has(purpose) && world.faults.strikes("late-packet");
    const upMs = isLate ? process.chance.between(...LATE_MS) : process.chance.between(1, 6);
    world.timeline.after(upMs, () => this.arrive(sending, finish, failed));
  }

  /** What comes first counts: an answer, or the end of patience. */
  private awaitAnswer(failed: (error: Error) => void): Finish {
    const { process } = this;
    let isOver = false;
    const end = (then: () => void) => {
      if (isOver) return;
      isOver = true;
      cancel();
      then();
    };
    const cancel = process.clock.setTimer(ATTEMPT_MS, () =>
      end(() => failed(noAnswer("TimeoutError", "the socket timed out"))),
    );
    return (delayMs, then) => {
      process.world.timeline.after(delayMs, () => process.enter(() => end(then)));
    };
  }

  private arrive(sending: Sending, finish: Finish, failed: (error: Error) => void): void {
    const { process } = this;
    const { chance, world } = process;
    const error = this.trouble();
    const mayBeApplied = error?.name === "InternalServerError" && chance.isTrue(0.5);
    if (error !== undefined && !mayBeApplied) {
      finish(chance.between(1, 4), () => failed(error));
      return;
    }
    const outcome = this.apply(sending);
    if (this.crashes(sending, "after")) return;
    if (error !== undefined) finish(1, () => failed(error));
    else if ("output" in outcome && world.faults.strikes(lossOf(sending.purpose))) {
      // Half of the time the client learns at once that it will hear nothing more.
      if (chance.isTrue(0.5)) finish(2, () => failed(noAnswer("Error", "socket hang up")));
    } else {
      finish(chance.between(1, 6), () => {
        if ("output" in outcome) this.answer(sending, outcome.output);
        else if (isWorthAnother(outcome.error)) failed(outcome.error);
        else this.refused(sending, outcome.error);
      });
    }
  }

  /** True when the process dies at this request: before it leaves, or when it has been applied. */
  private crashes(sending: Sending, moment: "before" | "after"): boolean {
    const { process } = this;
    const { world, isMortal, isFunction } = process;
    if (!isMortal) return false;
    const { purpose } = sending;
    // Effects are delivered by these between a commit and its release.
    const isDelivery = purpose === "send" || purpose === "publish" || purpose === "settle call";
    const isDelivering = isDelivery || (purpose === "release" && moment === "before");
    const isStruck =
      world.crashesHere() ||
      world.faults.strikes(`crash-${moment}`) ||
      (isFunction && isDelivering && world.faults.strikes("crash-delivering")) ||
      (moment === "before" && this.isLastOfStraggler(sending));
    if (isStruck) process.kill();
    return isStruck;
  }

  /** Its effects will be delivered again when nobody remembers them but their targets. */
  private isLastOfStraggler({ request, purpose }: Sending): boolean {
    const { world } = this.process;
    const { pk } = (request.input.Key ?? {}) as { readonly pk?: string };
    if (world.straggler === undefined || purpose !== "release" || pk !== world.straggler) return false;
    world.straggler = undefined;
    return world.faults.strike("straggler", "crash-delivering");
  }

  private trouble(): Error | undefined {
    const { faults, outages } = this.process.world;
    if (outages.has(this.name)) return unavailable();
    if (faults.strikes("reset")) return noAnswer("Error", "read ECONNRESET");
    if (faults.strikes("throttled")) return throttled();
    return faults.strikes("server-error") ? unavailable() : undefined;
  }

  private answer({ request, resolve }: Sending, output: object): void {
    this.process.world.corruption.noteAnswer(this.process, request, output);
    resolve(output);
  }

  private apply({ request, purpose, isInformed }: Sending): Outcome {
    const { world } = this.process;
    try {
      world.writer = { nowMs: this.process.clock.now(), isInformed };
      const output = applyPartly(world, this.service, request);
      if (!READS.has(purpose) && !world.isCalm) world.writes++;
      return { output };
    } catch (thrown) {
      if (!(thrown instanceof ServiceError)) throw thrown;
      return { error: thrown };
    } finally {
      world.writer = undefined;
    }
  }

  private refused({ request, purpose, reject }: Sending, error: Error): void {
    if (purpose === "commit" && error.name === "ConditionalCheckFailedException") this.noteZombie(request);
    reject(error);
  }

  private noteZombie({ input }: ServiceRequest): void {
    const { faults, ledger } = this.process.world;
    const { pk } = input.Key as { readonly pk: string };
    const { ":onFence": fence = 0 } = input.ExpressionAttributeValues as { readonly ":onFence"?: number };
    if (ledger.account(pk).destroyedAt.some((later) => later > fence)) faults.count("zombie-destroyed");
  }

  private failed(sending: Sending, attempt: number, error: Error): void {
    const { process } = this;
    if (attempt === MAX_ATTEMPTS) sending.reject(error);
    else {
      const waitMs = process.chance.between(0, 100 * 2 ** attempt);
      process.clock.setTimer(waitMs, () => this.attempt(sending, attempt + 1));
    }
  }
}

function lossOf(purpose: Purpose): FaultKind {
  if (READS.has(purpose)) return "lost-read";
  if (purpose === "commit") return "lost-commit";
  return purpose === "acquire" ? "lost-acquire" : "lost-write";
}

function isWorthAnother({ name }: Error): boolean {
  return name === "ProvisionedThroughputExceededException" || name === "InternalServerError";
}

function throttled(): Error {
  return new ServiceError("ProvisionedThroughputExceededException", "The rate of requests is too high.");
}

function unavailable(): Error {
  return new ServiceError("InternalServerError", "The service cannot answer at present.", { status: 500 });
}

/** What the SDK throws when no response came, with the metadata that it adds. */
function noAnswer(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { attempts: 1 } });
}
