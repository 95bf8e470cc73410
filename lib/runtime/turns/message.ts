/** The message that a turn sends. */
import { keyedCallId } from "../../call-id";
import type { MethodCall, SendOptions } from "../../calling/proxy";
import { durationMs } from "../../duration";
import { MAX_MESSAGE_DELAY_MS } from "../../invocation";
import type { Message } from "../../messages/message";
import { methodOf } from "../../registry";
import type { TraceContext } from "../../trace-context";
import { type Json, pack } from "../../values/codec";
import { checkForLater } from "../checked-input";
import type { Host } from "../host";

/**
 * It gets an id of its own each time: it leaves only with the turn that is committed, and a turn that goes on after a
 * checkpoint may well send the same once more.
 *
 * @throws UnexpectedEvent, UnknownMethod, NotSerializable, ValidationError
 */
export function turnMessage(
  host: Host,
  mode: Message["mode"],
  { actor, id, method, args }: MethodCall,
  { delay = 0, idempotencyKey }: SendOptions,
  { hops, trace }: { readonly hops: number; readonly trace: TraceContext | undefined },
): Message {
  const { peers, queues, random, clock } = host;
  const definition = peers.definitionOf(actor);
  const declared = methodOf(definition, method);
  const delayMs = durationMs(delay, "delay", { minMs: 0, maxMs: MAX_MESSAGE_DELAY_MS });
  // Where there is no queue, the message could never leave: better to know it now.
  void (delayMs > 0 ? queues.wakes : queues.messages);
  if (mode === "start") void host.calls;
  const identity =
    idempotencyKey === undefined
      ? { callId: random.id(), sentAtMs: clock.now() }
      : { callId: keyedCallId({ type: actor, id }, idempotencyKey) };
  const packed = pack(args, "args") as Json[];
  checkForLater(definition, declared, packed);
  return {
    actor,
    id,
    method,
    args: packed,
    mode,
    ...identity,
    ...(delayMs === 0 ? {} : { delayMs }),
    hops,
    ...(trace === undefined ? {} : { trace }),
  };
}
