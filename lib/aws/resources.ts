/**
 * What an app's tables and queues must be like, for whoever creates them: `provision` for emulators and tests, `ActorApp` for
 * deployments. It loads no SDK.
 */

/** The sparse index of the heads that somebody must look at. */
export const WAKE_INDEX = "wakes";

export interface KeyAttribute {
  readonly name: string;
  readonly type: "S" | "N";
}

export const STATE_KEYS = [
  { name: "pk", type: "S" },
  { name: "sk", type: "S" },
] as const satisfies readonly KeyAttribute[];
export const WAKE_KEYS = [
  { name: "wakeShard", type: "N" },
  { name: "wakeAt", type: "N" },
] as const satisfies readonly KeyAttribute[];
export const WORKFLOW_KEYS = [{ name: "pk", type: "S" }] as const satisfies readonly KeyAttribute[];

/** In seconds since 1970, in both tables. */
export const EXPIRY_ATTRIBUTE = "expiresAt";

export const KEPT_SECONDS = 14 * 86_400;

/**
 * The net below our own dead-lettering. A message that is handed back because an earlier one of its group failed counts
 * as received too: with fewer than this, a poison message would drag its innocent successors along.
 */
export const MAX_RECEIVE_COUNT = 1_000;

/** A message is hidden for so many times the function's timeout, as Lambda asks for. */
export const VISIBILITY_TIMEOUTS = 6;
/** Of a batch; more is not possible on FIFO queues. */
export const BATCH_SIZE = 10;
