import { randomUUID } from "node:crypto";
import { provision } from "durable-lambda/aws";
import { DynamoDirectory } from "../../lib/aws/dynamo-directory";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import { directoryContract } from "../contract/directory-contract";
import { type Emulator, startDynamo } from "../support/dynamo";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startDynamo();
});
afterAll(() => emulator.close());

/** A scan sees the whole table: each test has one of its own. */
async function connect() {
  const { documents, wiretap } = emulator.connect();
  const environment = { DURABLE_TABLE: `State-${randomUUID()}`, WORKFLOW_TABLE: `Workflows-${randomUUID()}` };
  const { DURABLE_TABLE: table = "" } = await provision({ only: ["dynamodb"], environment });
  return {
    sent: wiretap.requests,
    store: new DynamoStore(documents, table),
    directory: new DynamoDirectory(documents, table),
  };
}

describe("the directory on DynamoDB", () => {
  directoryContract(connect);

  it("does not count: that would mean to read the table", async () => {
    const { directory, sent } = await connect();
    const before = sent.length;
    expect(await directory.counts()).toBeUndefined();
    expect(sent).toHaveLength(before);
  });

  it("reads a bounded part of a large table for one page, and says where it has come to", async () => {
    const { store, directory, sent } = await connect();
    // DynamoDB ends a page of a scan at 1 MB; each head has the most that it may.
    const state = JSON.stringify({ text: "x".repeat(380_000) });
    const ids = Array.from({ length: 40 }, (_, index) => `c${index}`);
    await Promise.all(
      ids.map(async (id) => {
        await store.acquire({ type: "Big", id }, { leaseId: "l", nowMs: 1, untilMs: 2 });
        const commit = { onVersion: 0, state, schema: 1, release: true };
        await store.commit({ type: "Big", id }, { id: "l", fence: 1 }, commit);
      }),
    );
    const found: string[] = [];
    let after: string | undefined;
    let lookedFor = 0;
    do {
      const before = sent.length;
      const page = await directory.list({ search: "c39", ...(after === undefined ? {} : { after }) });
      expect(sent.length - before).toBeLessThanOrEqual(8);
      found.push(...page.actors.map(({ id }) => id));
      after = page.next;
      lookedFor++;
    } while (after !== undefined);
    expect(found).toEqual(["c39"]);
    expect(lookedFor).toBeGreaterThan(1);
  });
});
