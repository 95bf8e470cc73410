/**
 * Puts calls where they wait for their actors, and answers for those that are tracked. A client with access to the queues
 * uses it in its own process, with no Lambda in between; the router uses it for callers that have only the function.
 *
 *     send  ──► FIFO queue ──► router ──► actor
 *     start ──► row, then the same            ──► outcome in the row ◄── status, resolve, reject
 *     delay ──► standard queue ──► router ──► FIFO queue
 */
import type { Clock } from "../clock";
import { PayloadTooLarge, UnexpectedEvent, UnknownCall } from "../errors";
import { type EmitRequest, parseEmitRequest } from "../events/emit-request";
import type { Ports } from "../ports";
import { quote } from "../quote";
import { systemRandom } from "../random";
import type { Json } from "../values/codec";
import { Backlog, DEFAULT_BACKLOG } from "./backlog";
import { type CallReport, type CallRequest, reportOf } from "./call-request";
import { addressOf, delayed, type Message, queued } from "./message";
import { PostOrder } from "./post-order";
import { MAX_DELAY_MS } from "./queue";
import type { Outcome, TrackedCalls } from "./tracked-calls";

/** How long an outcome can be asked for. */
export const KEEP_RESULTS_MS = 7 * 24 * 3_600_000;
/** How long a call may stay open, for a person to decide or a webhook to come. */
const KEEP_PENDING_MS = 366 * 24 * 3_600_000;

/** What a reply says beside `ok`. */
export interface Performed {
  readonly result?: Json;
  readonly callId?: string;
}

export interface MessengerOptions {
  /** How long outcomes are kept. Default 7 days. */
  readonly keepResultsMs?: number;
  /** How many messages of this sender's may wait for one actor. Default 10,000. */
  readonly backlog?: number;
}

export class Messenger {
  private readonly backlog: Backlog;
  private readonly order = new PostOrder();
  private readonly keepResultsMs: number;

  constructor(
    private readonly ports: Ports,
    private readonly clock: Clock,
    { keepResultsMs = KEEP_RESULTS_MS, backlog = DEFAULT_BACKLOG }: MessengerOptions = {},
  ) {
    this.keepResultsMs = keepResultsMs;
    this.backlog = new Backlog(() => ports.store, backlog);
  }

  /**
   * Resolves when the message is safe in a queue.
   * @throws PayloadTooLarge and ActorOverloaded before anything is sent; QueueUnavailable, StoreUnavailable;
   *   UnexpectedEvent for a call id that belongs to another call
   */
  async post(message: Message): Promise<void> {
    const { queues } = this.ports;
    const { delayMs = 0 } = message;
    const queue = delayMs > 0 ? queues.wakes : queues.messages;
    const outgoing =
      delayMs > 0 ? delayed(message, Math.min(delayMs, MAX_DELAY_MS), queue) : queued(message, queue);
    const address = addressOf(message);
    const admission = delayMs > 0 ? undefined : this.backlog.admit(address);
    const ready =
      admission !== undefined || message.mode === "start" ? this.isOver(message, admission) : undefined;
    await this.order.inTurn(outgoing.groupId, ready, async () => {
      const place = await queue.send(outgoing);
      if (delayMs === 0) this.backlog.sent(address, place);
    });
  }

  /** @throws UnknownCall, StoreUnavailable */
  async status(callId: string): Promise<CallReport> {
    const call = await this.ports.calls.read(callId);
    if (call === undefined) throw unknownCall(callId);
    return reportOf(call);
  }

  /**
   * Ends a call that was left open. True when it has this outcome now; false when it had ended otherwise before.
   * @throws UnknownCall, PayloadTooLarge, StoreUnavailable
   */
  async settle(callId: string, outcome: Outcome): Promise<boolean> {
    const { calls } = this.ports;
    checkOutcome(outcome, calls);
    const settledMs = this.clock.now();
    const settled = await calls.settle(callId, {
      outcome,
      settledMs,
      expiresMs: settledMs + this.keepResultsMs,
    });
    if (settled === "unknown") throw unknownCall(callId);
    return settled === "settled";
  }

  /**
   * Publishes an event on the app's bus, and resolves with its id when the bus has taken it.
   * @throws UnexpectedEvent naming the field; NotSerializable, ForbiddenKey, TooDeep, PayloadTooLarge; BusUnavailable
   */
  async emit(request: { readonly mode: "emit" }): Promise<string> {
    const event = parseEmitRequest(request, { nowMs: this.clock.now(), newId: systemRandom.id });
    await this.ports.bus.publish(event);
    return event.id;
  }

  /**
   * Does what a message or a request about a call asks for.
   * @throws as {@link post}, {@link status} and {@link settle}
   */
  async perform(request: Message | CallRequest | EmitRequest): Promise<Performed> {
    switch (request.mode) {
      case "emit":
        return { result: await this.emit(request) };
      case "status":
        return { result: (await this.status(request.callId)) as unknown as Json };
      case "resolve":
        return { result: await this.settle(request.callId, resolved(request.result)) };
      case "reject":
        return {
          result: await this.settle(request.callId, {
            status: "failed",
            error: JSON.stringify(request.error),
          }),
        };
      default:
        await this.post(request);
        return { callId: request.callId };
    }
  }

  /** Opens the row of a `start`. True when it has ended already: a repeated one has nothing more to do. */
  private async isOver(message: Message, admission: Promise<void> | undefined): Promise<boolean> {
    await admission;
    if (message.mode === "send") return false;
    const { actor, id, method, callId, delayMs = 0 } = message;
    const startedMs = this.clock.now();
    const expiresMs = startedMs + delayMs + KEEP_PENDING_MS;
    const call = await this.ports.calls.open({
      callId,
      address: addressOf(message),
      method,
      startedMs,
      expiresMs,
    });
    if (call.address.type !== actor || call.address.id !== id || call.method !== method) {
      throw new UnexpectedEvent(
        `The call id ${quote(callId)} belongs to another call. One id is for one call.`,
        {
          field: "callId",
          value: quote(callId),
        },
      );
    }
    return call.outcome !== undefined;
  }
}

function resolved(result: Json | undefined): Outcome {
  return { status: "succeeded", result: result === undefined ? undefined : JSON.stringify(result) };
}

/** @throws PayloadTooLarge */
function checkOutcome(outcome: Outcome, { maxOutcomeBytes }: Pick<TrackedCalls, "maxOutcomeBytes">): void {
  const text = outcome.status === "succeeded" ? (outcome.result ?? "") : outcome.error;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOutcomeBytes) return;
  throw new PayloadTooLarge(
    `The outcome of a tracked call has ${bytes} bytes; at most ${maxOutcomeBytes} are kept.`,
    {
      field: outcome.status === "succeeded" ? "result" : "error",
      bytes,
      limitBytes: maxOutcomeBytes,
    },
  );
}

function unknownCall(callId: string): UnknownCall {
  return new UnknownCall(
    `No tracked call has the id ${quote(callId)}: start() gives such ids, and outcomes are kept for some days only.`,
    { field: "callId", value: quote(callId) },
  );
}
