/** A client at work: does its errands one after the other, and notes what it asked for and what it was told. */

import { type Client, clientOver } from "../../../lib/client/client";
import { directTransport } from "../../../lib/client/direct-transport";
import { sleep } from "../../../lib/clock";
import { DurableError, errorClasses, MethodError } from "../../../lib/errors";
import { DeadLetters } from "../../../lib/messages/dead-letters";
import { Messenger } from "../../../lib/messages/messenger";
import { adaptersOf } from "../hosts/adapters";
import { SimulatedProcess } from "../hosts/simulated-process";
import type { World } from "../world";
import { type Account, methodFor } from "./account";
import type { ClientOp, Outcome } from "./history";
import type { Errand, SessionPlan } from "./plan";
import type { Program, Receipt } from "./program";
import type { Visitor } from "./visitor";

/** Not retryable, and yet the call may have been applied by an attempt that came before. */
const OPEN: ReadonlySet<string> = new Set(["CorruptState"]);

export class Session extends SimulatedProcess {
  private readonly client: Client;
  private readonly letters: DeadLetters;
  private readonly waiting = new Set<Promise<void>>();
  private readonly started: ClientOp[] = [];
  private hasEnded = false;
  private destroyed = 0;

  constructor(
    world: World,
    readonly plan: SessionPlan,
    skewMs: number,
    override readonly isMortal = true,
  ) {
    super(world, plan.name, skewMs);
    const { clock, chance: random } = this;
    const ports = adaptersOf(this);
    const byFunction = world.lambda.transportFrom(this);
    const transport = plan.isDirect ? directTransport(byFunction, new Messenger(ports, clock)) : byFunction;
    this.client = clientOver(transport, { clock, random });
    this.letters = new DeadLetters(ports, clock);
  }

  get isOver(): boolean {
    return this.hasEnded || !this.isAlive;
  }

  start(): void {
    this.enter(() => {
      void this.run().then(() => {
        this.hasEnded = true;
      });
    });
  }

  /** Has an actor destroyed. */
  destroy(to: string): void {
    const op = `${this.name}-${++this.destroyed}`;
    const program: Program = { op, steps: [{ do: "destroy" }] };
    this.enter(() => {
      void this.told(this.ask(op, to, "call"), async () =>
        done(await this.client.actor<Account>("Account").get(to).actNow(program)),
      );
    });
  }

  /** Asks for the results of all that it has started. */
  askForResults(): void {
    this.hasEnded = false;
    this.enter(() => {
      void Promise.all(this.started.map((op) => this.resultOf(op, 5_000))).then(() => {
        this.hasEnded = true;
      });
    });
  }

  /** Sends all dead letters back. */
  async redrive(): Promise<void> {
    const { faults, isCalm } = this.world;
    try {
      let count = 0;
      for (const actor of ["Account", "Visitor"]) count += await this.letters.redrive({ actor });
      for (let letter = 0; letter < count && !isCalm; letter++) faults.count("redriven");
    } catch (thrown) {
      this.checkTyped(thrown);
    }
  }

  private async run(): Promise<void> {
    for (const errand of this.plan.errands) {
      if (this.world.isLeftOut(errand.name)) continue;
      await sleep(this.clock, errand.pauseMs);
      await this.do(errand);
    }
    await Promise.all(this.waiting);
  }

  private async do(errand: Errand): Promise<void> {
    const { client } = this;
    const { name } = errand;
    switch (errand.ask) {
      case "call": {
        const { to, steps, isKeyed, timeoutMs } = errand;
        const key = isKeyed ? { idempotencyKey: name } : {};
        const reference = client.actor<Account>("Account").get(to, { timeoutMs, ...key });
        const program: Program = { op: name, steps };
        return this.told(this.ask(name, to, "call", { isKeyed }), async () =>
          done(await reference[methodFor(steps)](program)),
        );
      }
      case "look": {
        const { to, consistency, isTurn } = errand;
        const kind = isTurn ? "gaze" : consistency === "strong" ? "strong look" : "eventual look";
        return this.told(this.ask(name, to, kind), async () => {
          const reference = client.actor<Account>("Account").get(to, { consistency });
          const sight = await (isTurn ? reference.gaze() : reference.look());
          return { is: "done", sight };
        });
      }
      case "send": {
        const asked = errand.messages.map(({ to, steps, delayMs, isKeyed }, index) => {
          const op = this.ask(`${name}-${index}`, to, "send", { isOrdered: delayMs === 0 });
          return this.told(op, async () => {
            const key = isKeyed ? { idempotencyKey: op.op } : {};
            const sender = client
              .actor<Account>("Account")
              .get(to)
              .send({ delay: delayMs, ...key });
            op.callId = (await sender[methodFor(steps)]({ op: op.op, steps })).callId;
            return { is: "done" };
          });
        });
        await Promise.all(asked);
        return;
      }
      case "start":
        return this.startCall(errand.name, errand.to, errand.steps);
      case "emit": {
        const { to, steps } = errand;
        const detail = { to, program: { op: name, steps } };
        return this.told(this.ask(name, to, "emit"), async () => {
          await client.emit("Noted", detail, { source: "outside" });
          return { is: "done" };
        });
      }
      case "visit":
        return this.visit(name, errand.to);
      case "redrive":
        return this.redrive();
    }
  }

  private async visit(name: string, to: string): Promise<void> {
    try {
      const count = await this.client.actor<Visitor>("Visitor").get(to).visit(name);
      this.world.visitors.told(name, count);
    } catch (thrown) {
      this.checkTyped(thrown);
    }
  }

  /** Its result is asked for at the end; now and then also at once, while other errands go on. */
  private async startCall(name: string, to: string, steps: Program["steps"]): Promise<void> {
    const op = this.ask(name, to, "start", { isOrdered: true });
    const isPending = steps.some((step) => step.do === "pend");
    await this.told(op, async () => {
      const starter = this.client.actor<Account>("Account").get(to).start();
      const handle = await starter[methodFor(steps)]({ op: name, steps });
      op.callId = handle.callId;
      this.started.push(op);
      if (!isPending && this.chance.isTrue(0.3)) this.waiting.add(this.resultOf(op, 20_000));
      return { is: "done" };
    });
    if (isPending && op.callId !== undefined) await this.end(op, op.callId);
  }

  /** Ends a call that was left open, by a turn of some actor. */
  private async end({ op: started }: ClientOp, callId: string): Promise<void> {
    const op = `${started}-end`;
    const program: Program = { op, steps: [{ do: "resolve", callId, value: started }] };
    await this.told(this.ask(op, "a", "call"), async () =>
      done(await this.client.actor<Account>("Account").get("a").actNow(program)),
    );
  }

  private async resultOf(op: ClientOp, timeout: number): Promise<void> {
    try {
      const result = await this.client.call<Receipt | string>(String(op.callId)).result({ timeout });
      op.results.push(typeof result === "string" ? result : result.nonce);
    } catch (thrown) {
      this.checkTyped(thrown);
      op.results.push(`failed: ${(thrown as DurableError).code}`);
    }
  }

  private ask(
    op: string,
    to: string,
    kind: ClientOp["kind"],
    { isOrdered = false, isKeyed = false }: Partial<Pick<ClientOp, "isOrdered" | "isKeyed">> = {},
  ): ClientOp {
    const { history, timeline } = this.world;
    return history.ask({ op, session: this.name, to, kind, isOrdered, isKeyed, beganMs: timeline.nowMs });
  }

  private async told(op: ClientOp, ask: () => Promise<Outcome>): Promise<void> {
    const { timeline, trace } = this.world;
    try {
      op.outcome = await ask();
    } catch (thrown) {
      op.outcome = this.outcomeOf(thrown);
    }
    op.endedMs = timeline.nowMs;
    trace.add(this.name, `${op.op} ${op.outcome.is} ${"code" in op.outcome ? op.outcome.code : ""}`);
  }

  private outcomeOf(thrown: unknown): Outcome {
    this.checkTyped(thrown);
    const { faults } = this.world;
    const { code, retryable } = thrown as DurableError;
    if (code === "ActorBusy") faults.count("lease-outlasts-call");
    if (code === "CallCycle") faults.count("cycle");
    if (code === "PayloadTooLarge" || code === "StateTooLarge") faults.count("too-large");
    if (retryable || OPEN.has(code)) return { is: "unknown", code };
    const { nonce } = thrown as { nonce?: string };
    return { is: "refused", code, nonce };
  }

  /** Whatever goes wrong is told by an error of a known kind, or by the actor's own. */
  private checkTyped(thrown: unknown): void {
    const isTyped =
      thrown instanceof MethodError || (thrown instanceof DurableError && errorClasses.has(thrown.code));
    if (isTyped && thrown.code !== "InternalError") return;
    this.world.history.violated(
      "typed errors",
      `${this.name} got ${String((thrown as Error).stack ?? thrown)}`,
    );
  }
}

function done(receipt: Receipt): Outcome {
  return { is: "done", receipt };
}
