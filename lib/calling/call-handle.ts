/** What `start` gives: a tracked call, to ask about or to end, here or by its id in any other process. */
import { CALL_ID_FORM, isCallId } from "../call-id";
import { sleep } from "../clock";
import { type Duration, durationMs } from "../duration";
import { ResultTimeout, UnexpectedEvent } from "../errors";
import { MAX_MESSAGE_DELAY_MS } from "../invocation";
import type { CallReport, CallRequest } from "../messages/call-request";
import { quote } from "../quote";
import { backoffMs } from "../random";
import { DEFAULT_TIMEOUT_MS } from "../timeouts";
import { pack, unpack } from "../values/codec";
import { errorFromWire, errorToWire, methodError } from "../wire-error";
import type { Accepted, Requester } from "./requester";

/** What is known of a tracked call. */
export interface CallStatus {
  readonly callId: string;
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  readonly status: "pending" | "succeeded" | "failed";
  readonly startedAt: Date;
  /** Absent while it is pending. */
  readonly endedAt?: Date;
}

/** A tracked call: `start` gives it, and `client.call(callId)` again. */
export interface CallHandle<T = unknown> {
  /** By this id anybody can ask for the result: `client.call(callId)`. */
  readonly callId: string;
  /**
   * Waits for the call to end, asking with growing intervals of up to 2 s.
   *
   * @param options `timeout`: how long to wait, in milliseconds or as a text such as `"5m"`; default 30 s
   * @throws the method's own error with its type and code; ResultTimeout when it has not ended in time, and goes on;
   *   UnknownCall when nothing is kept of it any more
   * @example const total = await handle.result({ timeout: "2m" });
   */
  result(options?: { readonly timeout?: Duration }): Promise<T>;
  /** @throws UnknownCall */
  status(): Promise<CallStatus>;
  /**
   * Ends a call that its method left open with `ctx.pending()`. True when it has this result now, false when it had ended
   * before.
   * @throws UnknownCall; NotSerializable
   */
  resolve(value?: T): Promise<boolean>;
  /** Like {@link resolve}, with an error for whoever asks for the result. */
  reject(error: unknown): Promise<boolean>;
}

const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 2_000;
/** A question may be repeated for so long, also when the time for the result is over. */
const ASK_AT_LEAST_MS = 1_000;

export function callHandle<T>(callId: string, requester: Requester): CallHandle<T> {
  const { clock, random } = requester;
  const ask = async (request: CallRequest, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Accepted> => {
    if (!isCallId(callId)) {
      throw new UnexpectedEvent(`"callId" (${quote(callId)}) is not ${CALL_ID_FORM}.`, { field: "callId" });
    }
    return requester.send(timeoutMs, () => request);
  };
  const report = async (withinMs = DEFAULT_TIMEOUT_MS): Promise<CallReport> => {
    const timeoutMs = Math.min(Math.max(withinMs, ASK_AT_LEAST_MS), DEFAULT_TIMEOUT_MS);
    const { result } = await ask({ mode: "status", callId }, timeoutMs);
    return result as unknown as CallReport;
  };
  return {
    callId,

    async result({ timeout = DEFAULT_TIMEOUT_MS } = {}) {
      const timeoutMs = durationMs(timeout, "timeout", { minMs: 0, maxMs: MAX_MESSAGE_DELAY_MS });
      const deadlineMs = clock.now() + timeoutMs;
      for (let polls = 0; ; polls++) {
        const { status, result, error } = await report(deadlineMs - clock.now());
        if (status === "failed") throw errorFromWire(error);
        if (status === "succeeded") return (result === undefined ? undefined : unpack(result, "result")) as T;
        const leftMs = deadlineMs - clock.now();
        if (leftMs <= 0) {
          throw new ResultTimeout(`The call ${callId} has not ended within ${timeoutMs} ms. It goes on.`, {
            callId,
            timeoutMs,
          });
        }
        await sleep(clock, Math.min(leftMs, backoffMs(polls, FIRST_POLL_MS, MAX_POLL_MS, random)));
      }
    },

    async status() {
      const { startedMs, settledMs, actor, id, method, status } = await report();
      const endedAt = settledMs === undefined ? {} : { endedAt: new Date(settledMs) };
      return { callId, actor, id, method, status, startedAt: new Date(startedMs), ...endedAt };
    },

    async resolve(value) {
      const result = value === undefined ? {} : { result: pack(value, "value") };
      return (await ask({ mode: "resolve", callId, ...result })).result === true;
    },

    async reject(error) {
      const wire = errorToWire(methodError(error), { stack: false });
      return (await ask({ mode: "reject", callId, error: wire })).result === true;
    },
  };
}
