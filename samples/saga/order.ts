import { Actor, DurableActor, DurableError, Method, TerminalError } from "durable-lambda";
import { Inventory } from "./inventory";
import { Payments } from "./payments";
import { Shipping } from "./shipping";
import { pendingSteps, type Step, type StepName } from "./step";

/** What a customer wants, and where to. */
export interface Cart {
  readonly customerId: string;
  readonly item: string;
  readonly count: number;
  readonly cents: number;
  readonly country: string;
}

export type OrderStatus = "new" | "processing" | "shipped" | "compensating" | "cancelled";

/** How far an order is; at the end also what `start().process(…)` results in. */
export interface Progress {
  readonly status: OrderStatus;
  readonly steps: readonly Step[];
}

/**
 * One order: a saga. Its steps change other actors, each of which can refuse. When one does, the steps before it are undone,
 * the last one first.
 *
 * Each step is a turn of its own, and the order sends itself the message for the next one. That message and the step's status
 * are one commit, and the queue brings the message again until its turn is committed: so somebody carries on whatever dies, and
 * no step needs longer than one call. A turn that runs again makes the same call under the same id, so it has one effect. (One
 * long turn with `ctx.save()` after each step would depend on its caller to come back, and need time for all steps at once.)
 */
@Actor
export class Order extends DurableActor {
  status: OrderStatus = "new";
  steps = pendingSteps();
  cart: Cart | undefined;
  /** The call that waits for the outcome. */
  callId = "";

  /** To be started: `start().process(cart)`. The call ends when the order is shipped, or everything is undone. */
  @Method
  process(cart: Cart): Progress {
    if (this.status !== "new") throw new TerminalError(`The order is ${this.status} already`);
    this.cart = cart;
    this.callId = this.ctx.callId;
    this.goOn("processing");
    return this.ctx.pending();
  }

  /**
   * The next step, or the next undoing. Only the order's own messages call this. An undoing has no plan B: when it fails it is
   * tried for some minutes, and is then a dead letter, to be redriven once the cause is mended.
   */
  @Method({ maxAttempts: 10 })
  async advance(): Promise<void> {
    if (this.cart === undefined) throw new TerminalError("There is no order yet");
    if (this.status === "processing") await this.doNext(this.cart);
    else if (this.status === "compensating") await this.undoLast(this.cart);
  }

  @Method({ readonly: true })
  progress(): Progress {
    return { status: this.status, steps: this.steps };
  }

  private async doNext(cart: Cart): Promise<void> {
    const step = this.steps.find(({ status }) => status === "pending");
    if (step === undefined) return this.end("shipped");
    try {
      await this.run(step.name, cart);
    } catch (error) {
      // Not refused, only out of reach: it may even have been done. The message comes again, and asks again under the same id.
      if (error instanceof DurableError && error.retryable) throw error;
      step.status = "failed";
      step.reason = error instanceof Error ? error.message : String(error);
      return this.goOn("compensating");
    }
    step.status = "done";
    this.goOn("processing");
  }

  private async undoLast(cart: Cart): Promise<void> {
    const step = this.steps.findLast(({ status }) => status === "done");
    if (step === undefined) return this.end("cancelled");
    await this.undo(step.name, cart);
    step.status = "compensated";
    this.goOn("compensating");
  }

  private async run(step: StepName, { customerId, item, count, cents, country }: Cart): Promise<void> {
    const { actorId: orderId } = this.ctx;
    switch (step) {
      case "validate":
        if (!(count > 0 && cents >= 0)) throw new RangeError(`${count} for ${cents} cents is no order`);
        return;
      case "reserve":
        return this.ctx.actor(Inventory).get(item).reserve(orderId, count);
      case "charge":
        return this.ctx.actor(Payments).get(customerId).charge(orderId, cents);
      case "ship":
        return this.ctx.actor(Shipping).get(country).ship(orderId);
    }
  }

  private async undo(step: StepName, { customerId, item }: Cart): Promise<void> {
    const { actorId: orderId } = this.ctx;
    switch (step) {
      case "reserve":
        return this.ctx.actor(Inventory).get(item).release(orderId);
      case "charge":
        return this.ctx.actor(Payments).get(customerId).refund(orderId);
      case "validate": // has changed nothing
      case "ship": // is the last step: nothing can fail after it
        return;
    }
  }

  private goOn(status: "processing" | "compensating"): void {
    this.status = status;
    this.ctx.actor(Order).get(this.ctx.actorId).send().advance();
  }

  private end(status: "shipped" | "cancelled"): void {
    this.status = status;
    this.ctx.resolve(this.callId, this.progress());
  }
}
