/** What of the calls that have left the head is read for one that may have been among them. */
import { Actor, DurableActor, Method } from "durable-lambda";
import type { Part } from "../../lib/store";
import { resultOf } from "../support/process";
import { onEachStore } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

@Actor
class Meter extends DurableActor {
  count = 0;
  @Method add(): number {
    this.count++;
    return this.count;
  }
}

onEachStore((stage) => {
  let read: number[];
  let one: WatchedProcess;

  beforeEach(() => {
    read = [];
    one = stage().start([Meter], {
      intercept: async (name, apply) => {
        const answer = await apply();
        if (name === "store.readParts") read.push((answer as Part[]).length);
        return answer;
      },
    });
  });

  const callId = (number: number) => `call${String(number).padStart(12, "0")}`;
  /** A call as a client sends it, whose clock may be off. */
  const add = async (number: number, sentAtMs: number, attempt = 1) =>
    resultOf(
      await one.invoke(stage().call("Meter", "add", [], { callId: callId(number), sentAtMs, attempt })),
    );

  it.each([
    ["right", 0],
    ["half an hour behind", -1_800_000],
    ["half an hour ahead", 1_800_000],
  ])("are the pages with what was sent since, by a sender's clock that is %s", async (_clock, offMs) => {
    const { clock } = stage();
    const startMs = clock.now() + offMs;
    // About ten calls a second, for a minute.
    for (let number = 0; number < 600; number++) {
      await add(number, startMs + number * 100);
      clock.freeze(100);
    }
    expect(read.length).toBeLessThan(50);
    read = [];
    // One of the last, one in the middle, the first: each has its first answer.
    for (const [number, pages] of [
      [560, 3],
      [300, 12],
      [0, 21],
    ] as const) {
      expect(await add(number, startMs + number * 100, 2)).toBe(number + 1);
      expect(read.splice(0).at(-1)).toBeLessThanOrEqual(pages);
    }
    expect(await add(600, startMs + 60_000)).toBe(601);
  });
});
