/** What the runtime of one process runs on: its ports and its limits. */
import type { ActorClass } from "../actor";
import type { Transport } from "../calling/transport";
import type { Clock } from "../clock";
import type { ActorDefinition } from "../definition";
import type { HostTime } from "../envelope";
import type { InvocationReply } from "../invocation";
import { DEFAULT_LEASE_MS } from "../lease";
import type { Logger } from "../log";
import { DEFAULT_BACKLOG } from "../messages/backlog";
import { KEEP_RESULTS_MS, type Messenger } from "../messages/messenger";
import type { Middleware } from "../middleware";
import type { Ports } from "../ports";
import type { Random } from "../random";
import type { ForeignWaits } from "./foreign-waits";
import type { Telemetry } from "./telemetry/telemetry";
import type { WaitingCode } from "./turns/waiting-code";

/** How a turn reaches other actors. */
export interface Peers {
  /** @throws UnknownActor, InvalidDefinition */
  definitionOf(actor: ActorClass | string): ActorDefinition;
  /** Carries a call to its actor in this process. Never rejects. */
  invoke(request: Parameters<Transport["invoke"]>[0], time: HostTime): Promise<InvocationReply>;
}

export interface Host extends Ports {
  /** What time it is, and how to wait. Default: the machine's. */
  readonly clock: Clock;
  /** Where ids and the length of pauses come from. Default: the machine's. */
  readonly random: Random;
  /** Where the process and its actors log to. Default: JSON lines on standard output. */
  readonly log: Logger;
  readonly limits: Limits;
  /** For what is queued here, and for questions about tracked calls. */
  readonly messenger: Messenger;
  readonly peers: Peers;
  readonly waits: ForeignWaits;
  readonly waitingCode: WaitingCode;
  /** Runs around every turn, the first outermost. Default: nothing. */
  readonly use: readonly Middleware[];
  readonly telemetry: Telemetry;
}

/** The limits of a process. Each has a default that fits most apps. */
export interface Limits {
  /** How long a lease lasts unless it is renewed. Default 15,000. */
  readonly leaseMs: number;
  /** An activation takes no further turn after this, so that other processes get theirs. Default 1,000. */
  readonly holdMs: number;
  /** … or after this many turns. Default 100. */
  readonly holdTurns: number;
  /** Calls that may wait for one actor in one process. Default 1,000. */
  readonly queueLength: number;
  /** Actors kept in memory between calls. Default 1,000. */
  readonly warmActors: number;
  /** … and at most so many bytes of encoded state of them, but for the one that was called last. Default 64 MB. */
  readonly warmBytes: number;
  /** The largest state of an actor, in bytes of encoded text. Default 10 MB. */
  readonly stateBytes: number;
  /** How long the outcome of a tracked call is kept after its end. Default 7 days. */
  readonly keepResultsMs: number;
  /** Messages that this process sent and that may wait for one actor. Default 10,000. */
  readonly backlog: number;
  /** Calls and messages that may follow from each other. Default 64. */
  readonly hops: number;
}

export const DEFAULT_LIMITS: Limits = {
  leaseMs: DEFAULT_LEASE_MS,
  holdMs: 1_000,
  holdTurns: 100,
  queueLength: 1_000,
  warmActors: 1_000,
  warmBytes: 64 * 1_024 * 1_024,
  stateBytes: 10 * 1_024 * 1_024,
  keepResultsMs: KEEP_RESULTS_MS,
  backlog: DEFAULT_BACKLOG,
  hops: 64,
};
