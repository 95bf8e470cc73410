/** From an invocation to its answer, for every way in. Whatever happens becomes an answer; nothing is thrown. */
import type { HostTime } from "../envelope";
import { type DurableError, PayloadTooLarge } from "../errors";
import { isEmitRequest } from "../events/emit-request";
import { checkInvocation, checkPacked, envelopeOf, type InvocationReply } from "../invocation";
import { isCallRequest, parseCallRequest } from "../messages/call-request";
import { methodOf } from "../registry";
import { activeTrace } from "../telemetry/tracing";
import type { Json } from "../values/codec";
import { asDurableError, errorToWire } from "../wire-error";
import type { Door } from "./authorize";
import { checkHops } from "./chain";
import { checkForLater } from "./checked-input";
import { type CallFields, reportFailure } from "./report";
import type { Runtime } from "./runtime";

/** A synchronous Lambda answer has at most 6 MB; some of it is around the result. */
const MAX_RESULT_BYTES = 6 * 1_024 * 1_024 - 4_096;

export type Answer =
  | {
      readonly ok: true;
      readonly result: string | undefined;
      readonly version?: number;
      readonly callId?: string;
    }
  | { readonly ok: false; readonly error: DurableError };

export interface WayIn {
  /** Of the host: the same when it repeats a request, so that what is queued twice is one call. */
  readonly requestId?: string | undefined;
  /** Says who may come in. Default: everybody. */
  readonly door?: Door | undefined;
}

export async function invoke(
  runtime: Runtime,
  input: unknown,
  time: HostTime,
  { requestId, door }: WayIn = {},
): Promise<Answer> {
  let call: CallFields | undefined;
  try {
    if (isCallRequest(input)) {
      const request = parseCallRequest(input);
      if (door !== undefined) await door.check({ mode: request.mode, callId: request.callId });
      const { result } = await runtime.host.messenger.perform(request);
      return { ok: true, result: JSON.stringify(result) };
    }
    if (isEmitRequest(input)) {
      if (door !== undefined) await door.check({ mode: "emit" });
      const eventId = await runtime.host.messenger.emit(input);
      return { ok: true, result: JSON.stringify(eventId) };
    }
    const checked = checkInvocation(input);
    // One that comes without belongs to the span in which it arrives.
    const trace = checked.trace ?? activeTrace();
    const invocation = trace === undefined ? checked : { ...checked, trace };
    const { mode, actor, id: actorId, method } = invocation;
    const { random, clock } = runtime.host;
    if (door !== undefined) {
      const named = invocation.callId === undefined ? {} : { callId: invocation.callId };
      call = { actor, actorId, method, ...named };
      await door.check({ mode, actor, id: actorId, method, ...named });
    }
    if (mode === "call") {
      const envelope = envelopeOf(invocation, time, random.id);
      call = { actor, actorId, method, callId: envelope.callId };
      const { result, version } = await runtime.call(
        door === undefined ? envelope : { ...envelope, context: door.context },
      );
      checkSize(result);
      return { ok: true, result, version };
    }
    const callId = invocation.callId ?? requestId ?? random.id();
    call = { actor, actorId, method, callId };
    // What can be refused now must not become a dead letter later.
    const definition = runtime.registry.actor(actor);
    const declared = methodOf(definition, method);
    checkHops(invocation.hops ?? 0, runtime.host.limits.hops, `${actor}/${actorId}.${method}`);
    const args = checkPacked(invocation.args, "args") as readonly Json[];
    // One that is sent again may be in the queue, and run: to refuse it would be the wrong answer.
    if ((invocation.attempt ?? 1) === 1) checkForLater(definition, declared, args);
    const isNew = invocation.callId === undefined && requestId === undefined;
    await runtime.host.messenger.post({
      ...invocation,
      args,
      mode,
      callId,
      ...(isNew ? { sentAtMs: clock.now() } : {}),
    });
    return { ok: true, result: undefined, callId };
  } catch (thrown) {
    const error = asDurableError(thrown);
    reportFailure(runtime.host.log, call, error);
    return { ok: false, error };
  }
}

export function replyOfAnswer(answer: Answer, options: { stack: boolean }): InvocationReply {
  if (!answer.ok) return { ok: false, error: errorToWire(answer.error, options) };
  const { result, version, callId } = answer;
  return {
    ok: true,
    ...(result === undefined ? {} : { result: JSON.parse(result) as Json }),
    ...(version === undefined ? {} : { version }),
    ...(callId === undefined ? {} : { callId }),
  };
}

/** The same as {@link replyOfAnswer} as JSON text, without decoding the result on the way. */
export function textOfAnswer(answer: Answer, options: { stack: boolean }): string {
  if (!answer.ok || answer.version === undefined) return JSON.stringify(replyOfAnswer(answer, options));
  const { result, version } = answer;
  return result === undefined
    ? `{"ok":true,"version":${version}}`
    : `{"ok":true,"result":${result},"version":${version}}`;
}

function checkSize(result: string | undefined): void {
  const bytes = result === undefined ? 0 : Buffer.byteLength(result);
  if (bytes <= MAX_RESULT_BYTES) return;
  throw new PayloadTooLarge(`The result has ${bytes} bytes; an answer carries at most ${MAX_RESULT_BYTES}.`, {
    field: "result",
    bytes,
    limitBytes: MAX_RESULT_BYTES,
  });
}
