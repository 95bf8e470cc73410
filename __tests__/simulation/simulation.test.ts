/** A small share of the simulation: `npm run simulate` runs more of it. */
import { runSchedule } from "./schedule";
import { smallest } from "./shrink";

const SCHEDULES = 60;

it(`holds every promise in ${SCHEDULES} schedules, with faults in all of them`, async () => {
  let faults = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { violations, struck } = await runSchedule({ seed });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    faults += struck.length;
  }
  expect(faults).toBeGreaterThan(10 * SCHEDULES);
});

it("takes the same course for the same seed, and another one for another", async () => {
  const [one, again, other] = [
    await runSchedule({ seed: 7 }),
    await runSchedule({ seed: 7 }),
    await runSchedule({ seed: 8 }),
  ];
  expect(again.hash).toBe(one.hash);
  expect(other.hash).not.toBe(one.hash);
});

// Each failed once, with the workload of its time; the tests of the runtime show what was wrong there.
it.each([
  ["a lease that a late packet took again", 146],
  ["a checkpoint that was under way when its turn was over", 920],
  ["a burst of messages during an outage", 408],
  ["a message behind one whose call could not be opened", 12827],
  ["a message whose sending failed while the next one waited", 16832],
  ["a checkpoint of an actor that was destroyed", 7732],
  ["a call that was refused when it was sent again, and then came late", 1463],
])("goes right with %s (seed %i)", async (_what, seed) => {
  expect((await runSchedule({ seed })).violations).toEqual([]);
});

it("makes a schedule smaller, down to the faults and errands that are needed for a failure", async () => {
  const { struck, errands } = await runSchedule({ seed: 3 });
  const all = [...struck, ...errands];
  const needed = [all[1], all.at(-2)];
  const found = await smallest(all, async (names) => needed.every((name) => names.includes(String(name))));
  expect(found).toEqual(needed);
});

it("does nothing but the errands that are named, and has no other faults", async () => {
  const { struck, errands } = await runSchedule({ seed: 3 });
  const only = new Set([String(errands[0])]);
  const small = await runSchedule({ seed: 3, only });
  expect(struck.length).toBeGreaterThan(0);
  expect(small).toMatchObject({ struck: [], violations: [] });
  expect(small.turns).toBeLessThan(10);
});
