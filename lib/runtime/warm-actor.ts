/** What stays of an actor in memory between activations. */
import type { Inbox } from "../inbox";
import type { Head } from "../store";
import type { KnownState } from "./actor-state";
import type { LiveActor } from "./turns/live-actor";

/** Of use only while the stored version is still the same. */
export interface WarmActor {
  readonly version: number;
  readonly head: Head;
  /** When that was so. */
  readonly seenMs: number;
  readonly live: LiveActor;
  readonly state: KnownState;
  readonly inbox: Inbox;
}
