/** Where an app keeps things: the four ports that its runtime, its router and its clients share. */
import type { EventBus } from "./events/bus";
import type { Queues } from "./messages/queue";
import type { TrackedCalls } from "./messages/tracked-calls";
import type { Store } from "./store";

/** Each may be made when it is first asked for, so that an app can be defined where none of them is. */
export interface Ports {
  readonly store: Store;
  readonly queues: Queues;
  readonly calls: TrackedCalls;
  readonly bus: EventBus;
}
