/** The operations of which costs are computed, each by the package's public API; and what the same is on Durable Objects. */
import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import { Counter } from "../../samples/counter/counter";
import type { CountedApp } from "./counted-app";
import type { DurableObjectUse } from "./prices";

/** What the documentation promises: at most so much for one operation, on average. */
export interface Bounds {
  /** Write units, those of the index among them. */
  readonly writes: number;
  readonly reads: number;
  readonly sqs: number;
  readonly invocations: number;
}

export interface Operation {
  readonly name: string;
  /** How many of them one run is. Default 1. */
  readonly perRun?: number;
  readonly atMost: Bounds;
  readonly durableObjects: DurableObjectUse;
  /** Makes what it needs. */
  prepare?(app: CountedApp): Promise<unknown>;
  /** @param index rises from run to run */
  run(app: CountedApp, index: number): Promise<unknown>;
}

const HOUR_MS = 3_600_000;
/** The sweep before it is due sees a reminder about so early. */
const SWEPT_AHEAD_MS = 30_000;

@Actor("Planner")
class Planner extends DurableActor {
  done = 0;
  @Method once(): void {
    this.ctx.remind("job", { in: "1h" }, "work");
  }
  @Method again(): void {
    this.ctx.remind("job", { every: "1h" }, "work");
  }
  @Method work(): void {
    this.done++;
  }
}

@Actor("Order")
class Order extends DurableActor {
  @Method pay(): void {
    this.ctx.emit("OrderPaid", { customerId: "c", amount: 20 });
  }
}

@Actor("Customer")
class Customer extends DurableActor {
  spent = 0;
  @On({ source: "durable-lambda.Order", detailType: "OrderPaid", id: "detail.customerId" })
  paid(event: ActorEvent<{ amount: number }>): void {
    this.spent += event.detail.amount;
  }
}

@Actor("Ledger")
class Ledger extends DurableActor {
  entries: { id: string; note: string; amount: number }[] = [];

  /** 100 KB. */
  @Method fill(): void {
    this.entries = Array.from({ length: 1_000 }, (_, index) => ({
      id: `entry-${String(index).padStart(6, "0")}`,
      note: "paid by invoice, thank you for your order".padEnd(47, "."),
      amount: index,
    }));
  }
  @Method correct(index: number): void {
    const entry = this.entries[(index * 7_919) % this.entries.length];
    if (entry !== undefined) entry.amount = 1_000_000 + index;
  }
}

@Actor("Waiter")
class Waiter extends DurableActor {
  served = 0;
  @Method async serve(): Promise<number> {
    await Promise.resolve();
    return ++this.served;
  }
}

export const ACTORS = [Counter, Waiter, Planner, Order, Customer, Ledger];

const CALL = { reads: 0.05, sqs: 0, invocations: 1 };
const MESSAGE = { reads: 0.05, sqs: 3, invocations: 1 };

export const OPERATIONS: readonly Operation[] = [
  {
    name: "sync call, through Lambda",
    atMost: { ...CALL, writes: 1.05 },
    durableObjects: { requests: 1, rows: 1 },
    run: ({ client }) => client.actor(Counter).get("called").increment(),
  },
  {
    name: "the same, in a process that is new to it",
    atMost: { ...CALL, writes: 1.05, reads: 1.05 },
    durableObjects: { requests: 1, rows: 1 },
    run: (app) => {
      app.restart();
      return app.client.actor(Counter).get("cold").increment();
    },
  },
  {
    name: "the same, of a method that waits",
    atMost: { ...CALL, writes: 2.1 },
    durableObjects: { requests: 1, rows: 1 },
    run: ({ client }) => client.actor(Waiter).get("w").serve(),
  },
  {
    name: "sync call, hosted by the caller",
    atMost: { ...CALL, writes: 1.05, invocations: 0 },
    durableObjects: { requests: 1, rows: 1 },
    run: ({ inline }) => inline.actor(Counter).get("hosted").increment(),
  },
  {
    name: "readonly call, through Lambda",
    atMost: { ...CALL, writes: 0, reads: 1 },
    durableObjects: { requests: 1, rows: 0 },
    run: ({ client }) => client.actor(Counter).get("called").value(),
  },
  {
    name: "readonly call, hosted by the caller",
    atMost: { ...CALL, writes: 0, reads: 1, invocations: 0 },
    durableObjects: { requests: 1, rows: 0 },
    run: ({ inline }) => inline.actor(Counter).get("hosted").value(),
  },
  {
    name: "message, in a batch of 10 of one actor",
    perRun: 10,
    atMost: { writes: 0.15, reads: 0.05, sqs: 0.3, invocations: 0.1 },
    durableObjects: { requests: 1, rows: 1 },
    run: (app) => tenMessages(app, () => "ten"),
  },
  {
    name: "message, in a batch of 10 of ten actors",
    perRun: 10,
    atMost: { writes: 1.05, reads: 0.05, sqs: 0.3, invocations: 0.1 },
    durableObjects: { requests: 1, rows: 1 },
    run: (app) => tenMessages(app, (index) => `one-of-ten-${index}`),
  },
  {
    name: "message alone",
    atMost: { ...MESSAGE, writes: 1.05 },
    durableObjects: { requests: 1, rows: 1 },
    async run(app) {
      await app.client.actor(Counter).get("alone").send().increment();
      await app.deliver("messages");
    },
  },
  {
    name: "tracked call: start, run, result",
    atMost: { ...MESSAGE, writes: 3.1, reads: 1.05 },
    durableObjects: { requests: 2, rows: 2 },
    async run(app) {
      const handle = await app.client.actor(Counter).get("tracked").start().increment();
      await app.deliver("messages");
      await handle.result();
    },
  },
  {
    name: "reminder: set, wake, turn",
    atMost: { writes: 4.1, reads: 1.05, sqs: 3, invocations: 2 },
    durableObjects: { requests: 2, rows: 3 },
    async run(app) {
      const setMs = app.nowMs;
      await app.client.actor(Planner).get("once").once();
      await comeDue(app, setMs + HOUR_MS);
    },
  },
  repeatedReminder(),
  {
    name: "call that moves a reminder",
    atMost: { ...CALL, writes: 3.1 },
    durableObjects: { requests: 1, rows: 2 },
    run: ({ client }) => client.actor(Planner).get("moved").once(),
  },
  {
    name: "event: emit, rule, listening actor",
    // An event's call id is kept as an item of its own, and looked up.
    atMost: { writes: 6.4, reads: 1.05, sqs: 3, invocations: 3 },
    durableObjects: { requests: 2, rows: 2 },
    async run(app) {
      await app.client.actor(Order).get("o").pay();
      await app.deliverEvents();
      await app.deliver("messages");
    },
  },
  {
    name: "one changed field of 100 KB",
    atMost: { ...CALL, writes: 6 },
    durableObjects: { requests: 1, rows: 1 },
    prepare: ({ client }) => client.actor(Ledger).get("warm").fill(),
    run: ({ client }, index) => client.actor(Ledger).get("warm").correct(index),
  },
  {
    name: "100 KB, in a process that is new to it",
    atMost: { ...CALL, writes: 6, reads: 30 },
    durableObjects: { requests: 1, rows: 1 },
    prepare: ({ client }) => client.actor(Ledger).get("cold").fill(),
    run: (app, index) => {
      app.restart();
      return app.client.actor(Ledger).get("cold").correct(index);
    },
  },
];

/** Sent together, they share a request; taken together, an invocation; and those of one actor, an activation. */
async function tenMessages(app: CountedApp, idOf: (index: number) => string): Promise<void> {
  const counter = app.client.actor(Counter);
  await Promise.all(Array.from({ length: 10 }, (_, index) => counter.get(idOf(index)).send().increment()));
  await app.deliver("messages");
}

function repeatedReminder(): Operation {
  let dueMs = 0;
  return {
    name: "reminder that comes again and again",
    atMost: { writes: 3.1, reads: 1.05, sqs: 3, invocations: 1 },
    durableObjects: { requests: 1, rows: 2 },
    async prepare(app) {
      await app.client.actor(Planner).get("again").again();
      dueMs = app.nowMs;
    },
    run(app) {
      dueMs += HOUR_MS;
      return comeDue(app, dueMs);
    },
  };
}

/** The sweep itself is there in any case, and is counted with what an app costs that does nothing. */
async function comeDue(app: CountedApp, dueMs: number): Promise<void> {
  const { counted } = app.tally;
  const { invocations, readUnits } = counted;
  app.moveTo(dueMs - SWEPT_AHEAD_MS);
  await app.sweep();
  Object.assign(counted, { invocations, readUnits });
  app.moveTo(dueMs + 1_000);
  await app.deliver("wakes");
}
