/**
 * What people can see of an app that runs: its actors, its queues, its dead letters. It looks at what is stored, so it needs no
 * process of the app; and it takes no lease, so it stands in nobody's way.
 */
import { type Address, checkActorId } from "../address";
import { type Clock, systemClock } from "../clock";
import { CorruptState } from "../errors";
import { DeadLetters } from "../messages/dead-letters";
import type { QueueDepth } from "../messages/queue";
import type { Ports } from "../ports";
import { systemRandom } from "../random";
import { readState } from "../runtime/stored-pieces";
import { type ActorView, viewOf } from "./actor-view";
import type { ActorPage, ActorQuery, Directory } from "./directory";

/** What waits where. */
export interface QueueDepths {
  readonly messages: QueueDepth;
  readonly wakes: QueueDepth;
  readonly deadLetters: QueueDepth;
}

/** What adapters offer to those who look, beside the ports that the runtime uses. */
export interface InspectionPorts extends Pick<Ports, "store" | "queues" | "calls"> {
  readonly directory: Directory;
  /** @throws QueueUnavailable */
  depths(): Promise<QueueDepths>;
}

/** Looks at the actors, the queues and the dead letters of an app that runs, and takes no lease for it. */
export class Inspection {
  /** To look at, to send back, to throw away. */
  readonly deadLetters: DeadLetters;

  constructor(
    private readonly ports: InspectionPorts,
    private readonly clock: Clock = systemClock,
  ) {
    this.deadLetters = new DeadLetters(ports, clock);
  }

  /** @throws UnexpectedEvent for a wrong query; StoreUnavailable */
  list(query: ActorQuery): Promise<ActorPage> {
    return this.ports.directory.list(query);
  }

  /** How many actors there are of each type; undefined where that would mean to read all of them. @throws StoreUnavailable */
  counts(): Promise<Readonly<Record<string, number>> | undefined> {
    return this.ports.directory.counts();
  }

  /** @throws QueueUnavailable */
  depths(): Promise<QueueDepths> {
    return this.ports.depths();
  }

  /**
   * One actor as it is stored; undefined when nobody has ever touched it.
   * @throws InvalidActorId, StoreUnavailable
   */
  async actor({ type, id }: Address): Promise<ActorView | undefined> {
    const address = { type, id: checkActorId(id) };
    const { store } = this.ports;
    const seen = await store.read(address, { consistent: true });
    if (seen === undefined) return undefined;
    const host = { store, clock: this.clock, random: systemRandom };
    try {
      const { head = seen, state } = await readState(host, address, seen);
      return viewOf(address, head, state);
    } catch (thrown) {
      if (!(thrown instanceof CorruptState)) throw thrown;
      return viewOf(address, seen, undefined, [{ field: "state", message: thrown.message }]);
    }
  }
}
