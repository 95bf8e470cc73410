/** The call that a due reminder is, and what is left of one that is given up. */
import type { Address } from "../../address";
import type { Effect } from "../../effects";
import type { Envelope } from "../../envelope";
import { type DurableError, InvalidDefinition } from "../../errors";
import { reasonOf } from "../../messages/dead-letter";
import { argsOf, type Reminder, reminderCallId } from "../../reminders/reminder";
import { Call } from "../call";
import type { Host } from "../host";
import { turnEvent } from "./event";
import { ownEnvelope } from "./own-envelope";

/** What the event is called that tells of a reminder that was given up. */
const REMINDER_FAILED = "ReminderFailed";

/** @throws CorruptState for arguments that cannot be read */
export function reminderCall(host: Host, address: Address, reminder: Reminder, hostEndMs: number): Call {
  const envelope = ownEnvelope(host, address, hostEndMs, {
    method: reminder.method,
    args: argsOf(reminder),
    callId: reminderCallId(address, reminder),
    // No call is older than the epoch, whatever moment its reminder was set for.
    sentAtMs: Math.max(0, reminder.dueMs),
    maybeRepeated: reminder.attempts !== undefined || reminder.begun !== undefined,
    attempt: (reminder.attempts ?? 0) + 1,
  });
  return new Call(envelope, host.clock, () => {});
}

/**
 * A dead letter, which can be redriven, and an event.
 * @param version of the actor's state once they are committed
 */
export function parked(
  host: Host,
  envelope: Envelope,
  version: number,
  { name, method, args, dueMs }: Reminder,
  error: DurableError,
  attempts: number,
): Effect[] {
  const { clock, log } = host;
  const { address, callId, sentAtMs } = envelope;
  const reason = reasonOf(error, attempts, clock.now());
  log.error("reminder is a dead letter now", {
    actor: address.type,
    actorId: address.id,
    reminder: name,
    method,
    callId,
    code: reason.code,
    attempts,
  });
  const message = {
    actor: address.type,
    id: address.id,
    method,
    args,
    mode: "send",
    callId,
    ...(sentAtMs === undefined ? {} : { sentAtMs }),
  } as const;
  const letter: Effect = { kind: "letter", message, reason };
  if (!hasBus(host)) return [letter];
  const detail = {
    name,
    method,
    callId,
    dueAt: new Date(dueMs).toISOString(),
    attempts,
    code: reason.code,
    message: reason.message,
  };
  const event = turnEvent(host, envelope, version, REMINDER_FAILED, detail);
  return [letter, { kind: "event", event }];
}

/** An app may have none. */
function hasBus(host: Host): boolean {
  try {
    return host.bus !== undefined;
  } catch (thrown) {
    if (thrown instanceof InvalidDefinition) return false;
    throw thrown;
  }
}
