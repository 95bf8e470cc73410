/** A message as the consumer takes it: what its envelope is, and whether its call may have been here before. */
import type { Envelope, HostTime } from "../../envelope";
import { UnexpectedEvent } from "../../errors";
import { envelopeOf } from "../../invocation";
import { isRedriven } from "../../messages/dead-letter";
import { addressOf, groupIdOf, parseMessage } from "../../messages/message";
import { methodOf } from "../../registry";
import { MAX_TIMEOUT_MS } from "../../timeouts";
import { checkChain } from "../chain";
import { checkedMessage } from "../checked-input";
import type { QueuedEnvelope } from "../mailbox";
import type { CallFields } from "../report";
import type { Runtime } from "../runtime";
import type { QueuedRecord } from "./sqs-event";

export interface Delivery extends QueuedEnvelope {
  readonly record: QueuedRecord;
  /** It was a dead letter before. */
  readonly isRedriven: boolean;
}

/**
 * The queue drops what is sent again within 5 minutes. A message that was queued later than this after its call was first
 * sent, or by a sender whose clock is off, may be a repetition that the queue did not see.
 */
const FRESH_MS = 120_000;
const CLOCK_MARGIN_MS = 60_000;

/**
 * @throws UnexpectedEvent, InvalidActorId, UnknownActor, UnknownMethod, ForbiddenKey, TooDeep,
 *   HopLimitExceeded, ValidationError: it can never be processed
 */
export function readDelivery({ registry, host }: Runtime, record: QueuedRecord, time: HostTime): Delivery {
  const message = parseMessage(record.body);
  const address = addressOf(message);
  if (record.groupId === undefined) throw unexpected("MessageGroupId", "The message has no group.");
  if (record.groupId !== groupIdOf(address) && !isRedriven(record)) {
    throw unexpected("MessageGroupId", "The message's group is not that of its actor.");
  }
  const definition = registry.actor(message.actor);
  const method = methodOf(definition, message.method);
  const envelope = envelopeOf({ ...message, timeoutMs: MAX_TIMEOUT_MS }, time, () => message.callId);
  checkChain(envelope, host.limits.hops);
  return {
    record,
    messageId: record.messageId,
    maxAttempts: method.maxAttempts,
    receiveCount: record.receiveCount,
    place: record.sequence,
    isRedriven: isRedriven(record),
    envelope: checkedMessage(definition, method, {
      ...envelope,
      maybeRepeated: envelope.maybeRepeated || maybeRepeated(envelope, record),
      attempt: record.receiveCount || 1,
    }),
  };
}

export function callFields({ envelope }: Delivery): CallFields {
  const { address, method, callId } = envelope;
  return { actor: address.type, actorId: address.id, method, callId };
}

function maybeRepeated({ sentAtMs = 0 }: Envelope, record: QueuedRecord): boolean {
  const ageMs = record.sentMs - sentAtMs;
  const isFresh = ageMs >= -CLOCK_MARGIN_MS && ageMs <= FRESH_MS;
  return record.receiveCount !== 1 || isRedriven(record) || !isFresh;
}

function unexpected(field: string, message: string): UnexpectedEvent {
  return new UnexpectedEvent(message, { field });
}
