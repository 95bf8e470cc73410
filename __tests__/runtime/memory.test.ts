/** What calls leave behind in memory: nothing, however many an actor has had. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Actor, DurableActor, Method } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";

@Actor
class Tally extends DurableActor {
  count = 0;
  padding = "";

  @Method count1(): number {
    return ++this.count;
  }

  @Method async countLater(): Promise<number> {
    await Promise.resolve();
    return ++this.count;
  }

  @Method countInVain(): never {
    this.count++;
    throw new RangeError("in vain");
  }

  @Method({ readonly: true }) value(): number {
    return this.count;
  }

  @Method pad(bytes: number): void {
    this.padding = "x".repeat(bytes);
  }
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** What is left behind grows in each of these; code that is compiled by then, or some other cache, does not. */
const STRETCHES = 4;
const CALLS = 500;
/** An activation takes some 4 KB, the least that a promise holds on to some 400 bytes. */
const MOST_BYTES = 200;

async function leastGrowth(call: () => Promise<unknown>): Promise<number> {
  let before = heapBytes();
  let least = Number.POSITIVE_INFINITY;
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    for (let made = 0; made < CALLS; made++) await call();
    const after = heapBytes();
    least = Math.min(least, (after - before) / CALLS);
    before = after;
  }
  return least;
}

describe("memory of a process that an actor has been called in", () => {
  let app: TestApp;
  const tally = () => app.client.actor(Tally).get("t");

  beforeEach(() => {
    app = createTestApp([Tally]);
  });

  afterEach(() => app.close());

  const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
    "a turn without a lease": () => tally().count1(),
    "a turn under the lease": () => tally().countLater(),
    "a turn that fails": () =>
      tally()
        .countInVain()
        .catch(() => {}),
    "a readonly call": () => tally().value(),
    "a message": async () => {
      await tally().send().count1();
      await app.clock.advance(0);
    },
  };

  for (const [name, call] of Object.entries(kinds)) {
    for (const bytes of [0, 10_000]) {
      it(`does not grow with ${name}, of an actor of ${bytes} bytes`, async () => {
        await tally().pad(bytes);
        expect(await leastGrowth(call)).toBeLessThan(MOST_BYTES);
      });
    }
  }
});
