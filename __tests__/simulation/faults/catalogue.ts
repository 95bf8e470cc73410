/**
 * The faults that a schedule can have, by name, each with its row in the table of faults (docs/guarantees.md). Most of them
 * strike at an opportunity, such as a request that leaves a process; some at a moment, such as a process that is killed; and
 * some are there when others come together, and are only counted.
 */

interface Fault {
  /** Rows of the table. */
  readonly row: number | readonly number[];
  readonly what: string;
  /**
   * How likely it strikes at an opportunity, in a schedule of middling hardness. Absent for those that strike at moments, or are
   * only counted.
   */
  readonly chance?: number;
  /** How often it strikes at a moment in one schedule, at most. */
  readonly moments?: number;
}

export const CATALOGUE = {
  "lost-commit": { row: 1, chance: 0.053, what: "a commit is applied, its response lost" },
  "lost-acquire": { row: 2, chance: 0.053, what: "a lease is taken, the response lost" },
  "lost-write": { row: 1, chance: 0.053, what: "any other write is applied, its response lost" },
  "lost-read": { row: 12, chance: 0.01, what: "the response to a read is lost" },
  pause: { row: 3, moments: 3, what: "a process is paused past its lease, then goes on" },
  "late-packet": { row: 3, chance: 0.005, what: "a write arrives long after its client gave it up" },
  "zombie-destroyed": {
    row: 4,
    what: "a process that slept commits to an actor that was destroyed meanwhile",
  },
  "crash-before": { row: 5, chance: 0.002, what: "a process dies with a request on its lips" },
  "crash-after": { row: 5, chance: 0.002, what: "a process dies when its request has been applied" },
  "crash-delivering": { row: 5, chance: 0.03, what: "a process dies while it delivers effects" },
  "late-redelivery": { row: 6, what: "a message is queued again more than 5 minutes after the first time" },
  "partial-send": { row: 7, chance: 0.06, what: "a queue takes some messages of a batch" },
  "partial-publish": { row: 7, chance: 0.15, what: "the bus takes some events of a batch" },
  "partial-parts": { row: 7, chance: 0.1, what: "the table takes some items of a batch" },
  "mixed-batch": { row: 8, what: "a batch of several groups in which one fails" },
  timeout: { row: 9, what: "the function's time is over in mid-method" },
  kill: { row: 9, moments: 2, what: "a process is killed while it works" },
  "lease-outlasts-call": { row: 10, what: "a call's deadline passes while another process holds the actor" },
  redriven: { row: 11, what: "a dead letter is sent back behind its successors" },
  throttled: { row: 12, chance: 0.01, what: "a request is throttled" },
  "server-error": { row: 12, chance: 0.01, what: "a service answers 500, the request applied or not" },
  reset: { row: 12, chance: 0.01, what: "a connection is reset before the request arrives" },
  outage: { row: 12, moments: 2, what: "a service refuses everything for a while" },
  skew: { row: 13, what: "the clock of a process is off by up to 30 s" },
  "old-code": { row: 14, what: "an older version of the code meets newer state" },
  "too-large": { row: 15, what: "a state, a result or effects are too large" },
  corrupt: { row: 16, moments: 1, what: "stored bytes are changed" },
  "wake-lost": { row: 17, chance: 0.15, what: "a wake gets lost" },
  "wake-doubled": { row: 17, chance: 0.1, what: "a wake is delivered twice" },
  "wake-early": { row: 17, chance: 0.1, what: "a wake comes early" },
  "wake-late": { row: 17, chance: 0.1, what: "a wake comes late" },
  "sweep-skipped": { row: 17, moments: 1, what: "three sweeps in a row do not come" },
  "sweep-doubled": { row: 17, chance: 0.3, what: "two sweeps come at once" },
  "stale-index": { row: 17, chance: 0.05, what: "a change reaches the index seconds later" },
  "reminder-fails": { row: 18, what: "a reminder's method fails" },
  "bus-down": { row: 19, moments: 1, what: "the bus refuses everything for a while" },
  hog: { row: 20, what: "a method keeps its process busy for longer than the lease" },
  "invoked-twice": { row: 21, chance: 0.02, what: "one call invokes the function twice" },
  "late-request": { row: 21, chance: 0.04, what: "a call reaches the function when it has been sent again" },
  "lost-answer": { row: 21, chance: 0.02, what: "the function's answer is lost" },
  cycle: { row: 22, what: "a call comes back to an actor that waits for it" },
  runaway: { row: 23, what: "messages cause each other without end" },
  sigterm: { row: 24, moments: 1, what: "a process is told to stop" },
  redelivered: { row: 21, chance: 0.02, what: "processed messages are not taken off their queue" },
  "receive-lost": { row: 9, chance: 0.01, what: "received messages reach nobody" },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultKind = keyof typeof CATALOGUE;

export const KINDS = Object.keys(CATALOGUE) as readonly FaultKind[];

export function faultOf(kind: FaultKind): Fault {
  return CATALOGUE[kind];
}

/** These strike as often in each schedule. */
export const STEADY: ReadonlySet<FaultKind> = new Set(["lost-commit", "lost-acquire", "lost-write"]);
