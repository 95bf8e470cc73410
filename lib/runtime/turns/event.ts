/** The event that a turn publishes. */
import { addressKey } from "../../address";
import type { Envelope } from "../../envelope";
import type { PublishedEvent } from "../../events/bus";
import { eventOf } from "../../events/event";
import type { Host } from "../host";

/**
 * @param version of the actor's state once the turn is committed
 * @throws UnexpectedEvent, NotSerializable, ForbiddenKey, TooDeep; InvalidDefinition where there is no bus
 */
export function turnEvent(
  host: Host,
  { address, hops }: Envelope,
  version: number,
  detailType: unknown,
  detail?: unknown,
): PublishedEvent {
  // Where there is no bus, the event could never leave: better to know it now.
  void host.bus;
  return eventOf(
    { source: `durable-lambda.${address.type}`, detailType, detail },
    {
      eventId: host.random.id(),
      actor: address.type,
      actorId: address.id,
      version,
      hops: hops + 1,
      timeMs: host.clock.now(),
      sender: addressKey(address),
    },
  );
}
