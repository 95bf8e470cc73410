/** The call that a due reminder is, and what is left of one that is given up. */
import type { Address } from "../../address";
import type { Effect } from "../../effects";
import type { Envelope } from "../../envelope";
import { type DurableError, InvalidDefinition } from "../../errors";
import { MAX_TIMEOUT_MS } from "../../invocation";
import { reasonOf } from "../../messages/dead-letter";
import { argsOf, type Reminder, reminderCallId } from "../../reminders/reminder";
import { Call } from "../call";
import type { Host } from "../host";
import { turnEvent } from "./event";

/** What the event is called that tells of a reminder that was given up. */
const REMINDER_FAILED = "ReminderFailed";

/** A turn has to end this long before the host kills the process. */
const HOST_MARGIN_MS = 250;

/** @throws CorruptState for arguments that cannot be read */
export function reminderCall(host: Host, address: Address, reminder: Reminder, hostEndMs: number): Call {
  const { clock } = host;
  const envelope: Envelope = {
    address,
    method: reminder.method,
    args: argsOf(reminder),
    mode: "send",
    callId: reminderCallId(address, reminder),
    // Whenever it is tried: the calls that it makes are as old as this.
    sentAtMs: reminder.dueMs,
    maybeRepeated: reminder.attempts !== undefined || reminder.begun !== undefined,
    attempt: (reminder.attempts ?? 0) + 1,
    deadlineMs: Math.min(clock.now() + MAX_TIMEOUT_MS, hostEndMs - HOST_MARGIN_MS),
    hostEndMs,
    consistency: "strong",
    chain: [],
    hops: 0,
    trace: undefined,
  };
  return new Call(envelope, clock, () => {});
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
  const { address, callId } = envelope;
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
    sentAtMs: dueMs,
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
