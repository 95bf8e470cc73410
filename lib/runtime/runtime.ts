/**
 * The runtime of one process: takes envelopes, finds the mailbox, and gives back replies. Everything that runs actors
 * (the router, the inline client, the local app) goes through `call` and `deliver`.
 */
import type { Address } from "../address";
import { systemClock } from "../clock";
import { definitionOf } from "../definition";
import type { Envelope, HostTime, Reply } from "../envelope";
import { ShuttingDown } from "../errors";
import { Messenger } from "../messages/messenger";
import { checkMiddleware } from "../middleware";
import type { Ports } from "../ports";
import { systemRandom } from "../random";
import { methodOf, type Registry } from "../registry";
import { emfMetrics } from "../telemetry/emf-metrics";
import { jsonLogger } from "../telemetry/json-logger";
import type { Metrics } from "../telemetry/metrics";
import { checkChain } from "./chain";
import { checkedBefore } from "./checked-input";
import { ForeignWaits } from "./foreign-waits";
import { sendHint } from "./hints";
import { DEFAULT_LIMITS, type Host, type Limits } from "./host";
import { invoke, replyOfAnswer } from "./invoke";
import type { Delivered, Mailbox, QueuedEnvelope } from "./mailbox";
import { Mailboxes } from "./mailboxes";
import { runReadonly } from "./readonly";
import { Telemetry } from "./telemetry/telemetry";
import { schemaError } from "./turns/turn";
import { WaitingCode } from "./turns/waiting-code";

export type RuntimeOptions = Partial<Pick<Host, "clock" | "random" | "log" | "use">> & {
  /** Other limits than the default ones. */
  readonly limits?: Partial<Limits>;
  /** `true` writes metrics as lines for CloudWatch; or an object that takes them. Default: none are taken. */
  readonly metrics?: boolean | Metrics;
  /** The line that is logged for each turn has its arguments, which may be anybody's secrets. Default false. */
  readonly logArguments?: boolean;
};

/** A busy actor is not waited for longer: who holds it looks at what is due, and the sweep comes again. */
const WAKE_PATIENCE_MS = 5_000;

export class Runtime {
  readonly host: Host;
  private readonly mailboxes: Mailboxes;
  private readonly reading = new Set<Promise<unknown>>();
  private stopping = false;

  /** @param ports asked for when they are needed, so that an app can be defined where none is */
  constructor(
    readonly registry: Registry,
    ports: Ports,
    options: RuntimeOptions = {},
  ) {
    const { clock = systemClock, log = jsonLogger(), metrics = false, logArguments = false } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.host = {
      get store() {
        return ports.store;
      },
      get queues() {
        return ports.queues;
      },
      get calls() {
        return ports.calls;
      },
      get bus() {
        return ports.bus;
      },
      clock,
      random: options.random ?? systemRandom,
      log,
      limits,
      waits: new ForeignWaits(),
      waitingCode: new WaitingCode(),
      telemetry: new Telemetry(log, metrics === true ? emfMetrics() : metrics || undefined, logArguments),
      use: checkMiddleware(options.use ?? []),
      messenger: new Messenger(ports, clock, limits),
      peers: {
        definitionOf: (actor) => registry.actor(typeof actor === "string" ? actor : definitionOf(actor).name),
        invoke: async (invocation, time) => {
          // Copied, as over any transport: caller and callee must not share objects.
          const copy: unknown = JSON.parse(JSON.stringify(invocation));
          return replyOfAnswer(await invoke(this, copy, time), { stack: false });
        },
      },
    };
    this.mailboxes = new Mailboxes(this.host);
  }

  /**
   * Runs one call.
   * @throws UnknownActor, UnknownMethod, ShuttingDown, CallCycle, HopLimitExceeded, ValidationError, or whatever the call ends with
   */
  async call(given: Envelope): Promise<Reply> {
    const definition = this.registry.actor(given.address.type);
    const method = methodOf(definition, given.method);
    if (this.stopping) throw shuttingDown();
    checkChain(given, this.host.limits.hops);
    const envelope = checkedBefore(definition, method, given);
    if (method.readonly) {
      const warm = this.mailboxes.find(envelope.address)?.warmActor;
      return this.track(runReadonly(this.host, definition, method, envelope, warm));
    }
    return await this.mailbox(envelope.address).deliver(envelope);
  }

  /**
   * Runs messages of one actor in their order, until one of them fails.
   * @throws UnknownActor, ShuttingDown, ActorOverloaded: none of them was run
   */
  async deliver(address: Address, messages: readonly QueuedEnvelope[]): Promise<Delivered[]> {
    if (this.stopping) throw shuttingDown();
    return this.mailbox(address).deliverInOrder(messages);
  }

  /**
   * Looks at an actor after a hint, which may be wrong: delivers effects that were left behind, and runs what is due.
   * @throws UnknownActor, ShuttingDown, StoreUnavailable
   */
  async wake(address: Address, time: HostTime): Promise<void> {
    if (this.stopping) throw shuttingDown();
    const definition = this.registry.actor(address.type);
    const { host } = this;
    const before = this.mailboxes.find(address);
    const arrivals = before?.arrivals ?? 0;
    const seenMs = host.clock.now();
    const head = await host.store.read(address, { consistent: true });
    if (head?.wakeAtMs === undefined) return;
    // Early, by this host's clock: another hint, for the rest of the time.
    if (head.wakeAtMs > host.clock.now()) return void (await sendHint(host, address, head.wakeAtMs));
    const tooNew = schemaError(definition, head.state, address.id);
    if (tooNew !== undefined && head.outbox === "") {
      // For newer code to do. The sweep asks again until that is asked.
      const { code, message: reason } = tooNew;
      return host.log.warn("actor not woken", { actor: address.type, actorId: address.id, code, reason });
    }
    const untilMs = Math.min(time.replyByMs, host.clock.now() + WAKE_PATIENCE_MS);
    const mailbox = this.mailbox(address);
    // Another one has not counted the same calls.
    const isSame = before === undefined || before === mailbox;
    await mailbox.wake(
      { ...time, replyByMs: untilMs },
      isSame ? { head, seenMs, arrivals } : { head, seenMs },
    );
  }

  /**
   * Stops: waiting calls fail with `ShuttingDown`, running turns may end within `graceMs` and are rolled back after
   * it, leases are given back.
   */
  async close(graceMs = 2_000): Promise<void> {
    this.stopping = true;
    const { clock } = this.host;
    this.mailboxes.failWaiting(shuttingDown());
    const cancel = clock.setTimer(graceMs, () => this.mailboxes.abortRunning(shuttingDown()));
    await Promise.allSettled([...this.reading, this.mailboxes.drained()]);
    cancel();
    this.host.telemetry.flush();
  }

  private mailbox(address: Address): Mailbox {
    return this.mailboxes.of(this.registry.actor(address.type), address);
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.reading.add(work);
    try {
      return await work;
    } finally {
      this.reading.delete(work);
    }
  }
}

function shuttingDown(): ShuttingDown {
  return new ShuttingDown("The process is stopping. Another one can take the call.");
}
