/** From an invocation to its answer, for every way in. Whatever happens becomes an answer; nothing is thrown. */
import { type Envelope, type HostTime, type InvocationReply, parseInvocation, type Reply } from "../envelope";
import { type DurableError, MethodError, PayloadTooLarge } from "../errors";
import type { Json } from "../values/codec";
import { asDurableError, errorToWire } from "../wire-error";
import type { Runtime } from "./runtime";

/** A synchronous Lambda answer has at most 6 MB; some of it is around the result. */
const MAX_RESULT_BYTES = 6 * 1_024 * 1_024 - 4_096;

export type Answer =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: DurableError };

export async function invoke(runtime: Runtime, input: unknown, time: HostTime): Promise<Answer> {
  let envelope: Envelope | undefined;
  try {
    envelope = parseInvocation(input, time, runtime.host.random.id);
    const reply = await runtime.call(envelope);
    checkSize(reply);
    return { ok: true, reply };
  } catch (thrown) {
    const error = asDurableError(thrown);
    report(runtime, envelope, error);
    return { ok: false, error };
  }
}

export function replyOfAnswer(answer: Answer, options: { stack: boolean }): InvocationReply {
  if (!answer.ok) return { ok: false, error: errorToWire(answer.error, options) };
  const { result, version } = answer.reply;
  return result === undefined
    ? { ok: true, version }
    : { ok: true, result: JSON.parse(result) as Json, version };
}

/** The same as {@link replyOfAnswer} as JSON text, without decoding the result on the way. */
export function textOfAnswer(answer: Answer, options: { stack: boolean }): string {
  if (!answer.ok) return JSON.stringify(replyOfAnswer(answer, options));
  const { result, version } = answer.reply;
  return result === undefined
    ? `{"ok":true,"version":${version}}`
    : `{"ok":true,"result":${result},"version":${version}}`;
}

function checkSize({ result }: Reply): void {
  const bytes = result === undefined ? 0 : Buffer.byteLength(result);
  if (bytes <= MAX_RESULT_BYTES) return;
  throw new PayloadTooLarge(`The result has ${bytes} bytes; an answer carries at most ${MAX_RESULT_BYTES}.`, {
    field: "result",
    bytes,
    limitBytes: MAX_RESULT_BYTES,
  });
}

/** The caller gets no stack; whoever runs the actor finds it in the log. Arguments and state are not logged. */
function report({ host }: Runtime, envelope: Envelope | undefined, error: DurableError): void {
  if (error.retryable) return;
  const call = envelope && {
    actor: envelope.address.type,
    actorId: envelope.address.id,
    method: envelope.method,
    callId: envelope.callId,
  };
  if (error instanceof MethodError) host.log.error("method failed", { ...call, error: error.cause ?? error });
  else if (OUR_FAULT.has(error.code)) host.log.error("call failed", { ...call, code: error.code, error });
  else host.log.warn("call refused", { ...call, code: error.code, reason: error.message });
}

/** What whoever runs the actors must look at; anything else that is not retryable is the caller's mistake. */
const OUR_FAULT: ReadonlySet<string> = new Set(["InternalError", "CorruptState", "InvalidDefinition"]);
