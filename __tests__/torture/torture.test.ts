/** The seconds-sized share of `npm run torture`: the same trial on the embedded engine's file, with few deaths. */
import { newTally, note } from "./tally";
import { runTrial } from "./trial";

it("twelve kills over 600 messages: nothing is lost, doubled, overtaken or left behind", async () => {
  const { findings, figures } = await runTrial({
    engine: "file",
    seed: 5,
    workers: 3,
    kills: 12,
    messages: 600,
    restMs: 20_000,
  });
  expect(findings).toEqual([]);
  expect(figures).toMatchObject({ lost: 0, doubled: 0, "out of order": 0 });
  expect(figures.kills).toBeGreaterThanOrEqual(12);
  expect(figures.messages).toBeGreaterThanOrEqual(600);
}, 60_000);

it("a tally knows which numbers were lost, doubled and overtaken", () => {
  const tally = newTally();
  for (const number of [1, 2, 5, 3, 2, 6]) note(tally, number);
  expect(tally).toEqual({ count: 6, last: 6, missing: [4], late: [3], doubled: [2] });
});
