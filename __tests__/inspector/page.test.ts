/** The inspector's page as people see it, in a real browser, in front of an app in memory. */
import { findBrowser } from "../support/browser";
import { testActor } from "./cases/actor";
import { testActors } from "./cases/actors";
import { testCalls } from "./cases/calls";
import { testConnection } from "./cases/connection";
import { testDeadLetters } from "./cases/dead-letters";
import { testDeployed } from "./cases/deployed";
import { testEvents } from "./cases/events";
import { testLooks } from "./cases/looks";
import { testTurns } from "./cases/turns";
import { Harness, type Open } from "./harness";

const executable = findBrowser();
if (executable === undefined) {
  // Not by console.log: jest makes several lines of that.
  process.stderr.write(
    "The inspector's page is not tested: no Chromium here. Install it, or set CHROMIUM_PATH.\n",
  );
}

(executable === undefined ? describe.skip : describe)("the inspector's page", () => {
  let harness: Harness;
  const open: Open = (hash, opening) => harness.open(hash, opening);

  beforeAll(async () => {
    harness = await Harness.start(executable as string);
  });
  afterEach(async () => {
    await harness.closeOpened();
    expect(harness.complaints.splice(0)).toEqual([]);
  });
  afterAll(() => harness?.end());

  testActors(open);
  testActor(open);
  testCalls(open);
  testTurns(open);
  testEvents(open);
  testDeadLetters(open);
  testConnection(open);
  testDeployed(open);
  testLooks(open);
});
