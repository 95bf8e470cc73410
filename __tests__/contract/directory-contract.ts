/** What every directory of actors must do. Run against each adapter by a test file of a few lines, on a store of its own per test. */
import { type ActorQuery, type ActorSummary, type Directory, MAX_LISTED } from "../../lib/inspect/directory";
import type { Commit, Store } from "../../lib/store";

export interface Listed {
  readonly store: Store;
  readonly directory: Directory;
}

const NOW_MS = 1_800_000_000_000;

export function directoryContract(connect: () => Promise<Listed> | Listed): void {
  let store: Store;
  let directory: Directory;
  beforeEach(async () => {
    ({ store, directory } = await connect());
  });

  async function commit(type: string, id: string, commit: Partial<Commit> = {}): Promise<void> {
    const request = { leaseId: "l", nowMs: NOW_MS, untilMs: NOW_MS + 1_000 };
    const acquired = await store.acquire({ type, id }, request);
    if (!acquired.acquired) throw new Error("busy");
    const { fence, version } = acquired.head;
    const written = { onVersion: version, state: "{}", schema: 1, release: true, ...commit };
    await store.commit({ type, id }, { id: "l", fence }, written);
  }

  /** Every page, in turn. */
  async function listAll(query: ActorQuery): Promise<ActorSummary[][]> {
    const pages: ActorSummary[][] = [];
    let after: string | undefined;
    do {
      const page = await directory.list({ ...query, ...(after === undefined ? {} : { after }) });
      pages.push([...page.actors]);
      after = page.next;
      if (pages.length > 100) throw new Error("the pages do not end");
    } while (after !== undefined);
    return pages;
  }

  const names = async (query: ActorQuery) => {
    const found = (await listAll(query)).flat();
    return found.map(({ type, id }) => `${type}/${id}`).sort();
  };

  it("finds none where there are none", async () => {
    expect(await listAll({})).toEqual([[]]);
    expect(await listAll({ type: "Counter", search: "x" })).toEqual([[]]);
  });

  it("says of each which version it has, and nothing of a lease that was given back", async () => {
    await commit("Counter", "c1");
    await commit("Counter", "c1");
    expect(await directory.list({})).toEqual({ actors: [{ type: "Counter", id: "c1", version: 2 }] });
  });

  it("says until when one is held, and when somebody must look at it", async () => {
    await commit("Counter", "c1", { wakeAtMs: NOW_MS + 5_000, release: false });
    expect(await directory.list({})).toEqual({
      actors: [
        {
          type: "Counter",
          id: "c1",
          version: 1,
          leaseUntilMs: NOW_MS + 1_000,
          wakeAtMs: NOW_MS + 5_000,
        },
      ],
    });
  });

  it("leaves out what has no state: actors that were destroyed, and those that were never committed", async () => {
    await commit("Counter", "gone");
    await commit("Counter", "gone", { state: null });
    await store.acquire({ type: "Counter", id: "new" }, { leaseId: "l", nowMs: NOW_MS, untilMs: NOW_MS + 1 });
    expect(await names({})).toEqual([]);
  });

  it("is not misled by parts beside the heads", async () => {
    await commit("Counter", "c1");
    await store.writeParts({ type: "Counter", id: "c1" }, [{ name: "STATE#1", body: "x" }]);
    await store.writeParts({ type: "Counter", id: "c2" }, [{ name: "STATE#1", body: "x" }]);
    expect(await names({})).toEqual(["Counter/c1"]);
  });

  it("tells types apart, also those that begin alike", async () => {
    const all = ["Count/a", "Counter/a", "Counter/b", "Counter.V2/a", "Counter0/a"];
    for (const name of all) await commit(...(name.split("/") as [string, string]));
    expect(await names({ type: "Counter" })).toEqual(["Counter/a", "Counter/b"]);
    expect(await names({ type: "Count" })).toEqual(["Count/a"]);
    expect(await names({ type: "Absent" })).toEqual([]);
    expect(await names({})).toEqual([...all].sort());
  });

  it("searches ids, not types, for any text", async () => {
    const ids = ["a/b", "a#b", "..", "é😀", "__proto__", "100%", "a_b", "Counter", "x".repeat(300), "A"];
    for (const id of ids) await commit("Counter", id);
    await commit("Order", "Counter-1");
    expect(await names({})).toHaveLength(ids.length + 1);
    for (const id of ids) {
      const expected = ids.filter((other) => other.includes(id)).map((other) => `Counter/${other}`);
      expect(await names({ type: "Counter", search: id })).toEqual(expected.sort());
    }
    expect(await names({ search: "ounter" })).toEqual(["Counter/Counter", "Order/Counter-1"]);
    expect(await names({ search: "%" })).toEqual(["Counter/100%"]);
    expect(await names({ search: "counter" })).toEqual([]);
  });

  it("gives pages of at most so many, each actor once", async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `c${index}`);
    for (const id of ids) await commit("Counter", id);
    await commit("Other", "o");
    for (const limit of [1, 7, 25]) {
      const pages = await listAll({ type: "Counter", limit });
      expect(Math.max(...pages.map((page) => page.length))).toBe(limit);
      expect(
        pages
          .flat()
          .map(({ id }) => id)
          .sort(),
      ).toEqual([...ids].sort());
    }
  });

  it.each([0, 1.5, -1, Number.NaN, MAX_LISTED + 1, "10"])("refuses a limit of %p", async (limit) => {
    await expect(directory.list({ limit: limit as number })).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "limit" },
    });
  });

  it.each(["", "nonsense", "[]", "[1,2]", "{}"])(
    "refuses %p, which no page had as its next",
    async (after) => {
      await expect(directory.list({ after })).rejects.toMatchObject({
        code: "UnexpectedEvent",
        details: { field: "after" },
      });
    },
  );
}
