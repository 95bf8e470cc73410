/** Sends requests over a transport, again when that is safe and may help: the id of the call keeps it one call. */
import { type Clock, sleep } from "../clock";
import { type DurableError, UnexpectedEvent } from "../errors";
import type { EmitRequest } from "../events/emit-request";
import type { Invocation, InvocationReply } from "../invocation";
import type { CallRequest } from "../messages/call-request";
import { backoffMs, type Random } from "../random";
import { MAX_TIMEOUT_MS } from "../timeouts";
import { asDurableError, errorFromWire } from "../wire-error";
import type { SendTurn } from "./send-order";
import type { Transport } from "./transport";

/** A request is sent at most this often; its timeout mostly ends it before. */
const MAX_ATTEMPTS = 12;

export type Accepted = Extract<InvocationReply, { ok: true }>;

export class Requester {
  /** @param mayRepeat after which errors a request may be sent again. Default: {@link isWorthRepeating} */
  constructor(
    private readonly transport: Transport,
    readonly clock: Clock,
    readonly random: Random,
    private readonly mayRepeat: (error: DurableError) => boolean = isWorthRepeating,
  ) {}

  /**
   * @param request made for each attempt: its number, from 1, and the time that is left
   * @param turn of a message, which waits for others
   * @throws DurableError what the last attempt ended with
   */
  async send(
    timeoutMs: number,
    request: (attempt: number, remainingMs: number) => Invocation | CallRequest | EmitRequest,
    turn?: SendTurn,
  ): Promise<Accepted> {
    checkTimeout(timeoutMs);
    const { clock } = this;
    const deadlineMs = clock.now() + timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const ready = turn?.ready();
      // What leaves in the same synchronous run shares requests.
      if (ready !== undefined) await ready;
      const remainingMs = Math.max(1, Math.ceil(deadlineMs - clock.now()));
      const outcome = await this.once(request(attempt, remainingMs));
      if ("ok" in outcome) return outcome;
      turn?.failed();
      const waitMs = backoffMs(attempt - 1, 20, 2_000, this.random);
      const worthwhile =
        this.mayRepeat(outcome) && attempt < MAX_ATTEMPTS && clock.now() + waitMs < deadlineMs;
      if (!worthwhile) throw outcome;
      await sleep(clock, waitMs);
    }
  }

  private async once(request: Invocation | CallRequest | EmitRequest): Promise<Accepted | DurableError> {
    try {
      const reply = await this.transport.invoke(request);
      return reply.ok ? reply : errorFromWire(reply.error);
    } catch (thrown) {
      return asDurableError(thrown);
    }
  }
}

/** A method that has used up its own timeout would mostly do so again, and keep its caller waiting for all of the call's time. */
function isWorthRepeating({ retryable, code, details }: DurableError): boolean {
  return retryable && !(code === "CallTimeout" && details.limit === "method");
}

/** @throws UnexpectedEvent */
export function checkTimeout(timeoutMs: number): void {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return;
  throw new UnexpectedEvent(`"timeoutMs" (${timeoutMs}) is not a whole number from 1 to ${MAX_TIMEOUT_MS}.`, {
    field: "timeoutMs",
    value: timeoutMs,
    limit: MAX_TIMEOUT_MS,
  });
}
