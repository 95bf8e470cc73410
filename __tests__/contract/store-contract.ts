/** What every store must do. Run against each adapter by a test file of a few lines. */
import { randomUUID } from "node:crypto";
import type { Address } from "../../lib/address";
import type { Lease } from "../../lib/lease";
import type { Commit, Head, LeaseRequest, Part, Seen, Store } from "../../lib/store";
import { type DueActor, type DuePage, wakeShardOf } from "../../lib/wake";

const NOW_MS = 1_800_000_000_000;
const LEASE_MS = 15_000;

export function storeContract(connect: () => Store): void {
  let store: Store;
  let address: Address;

  beforeEach(() => {
    store = connect();
    address = { type: "Thing", id: `thing-${randomUUID()}` };
  });

  async function take(leaseId: string, nowMs = NOW_MS): Promise<{ lease: Lease; head: Head }> {
    const answer = await store.acquire(address, { leaseId, nowMs, untilMs: nowMs + LEASE_MS });
    if (!answer.acquired) throw new Error(`busy until ${answer.current?.leaseUntilMs}`);
    return { lease: { id: leaseId, fence: answer.head.fence }, head: answer.head };
  }

  const stored = (text: string) => ({ text, schema: 1 });
  const read = () => store.read(address, { consistent: true });

  describe("acquire", () => {
    it("creates the head of a new actor, at version 0 and fence 1", async () => {
      const { head } = await take("a");
      expect(head).toMatchObject({
        version: 0,
        fence: 1,
        inbox: "",
        spilled: false,
        failing: "",
        outbox: "",
        reminders: "",
      });
      for (const absent of ["state", "wakeAtMs", "usedAtMs", "expiresAtMs"]) {
        expect(head).not.toHaveProperty(absent);
      }
    });

    it("refuses while another lease lasts, and brings the head with it", async () => {
      await take("a");
      const refused = await store.acquire(address, { leaseId: "b", nowMs: NOW_MS + 1, untilMs: NOW_MS + 9 });
      expect(refused).toEqual({ acquired: false, current: await read() });
      expect(await read()).toMatchObject({ leaseId: "a", leaseUntilMs: NOW_MS + LEASE_MS });
    });

    it("takes a lease that has ended, and raises the fence", async () => {
      await take("a");
      const { head } = await take("b", NOW_MS + LEASE_MS);
      expect(head).toMatchObject({ fence: 2, leaseId: "b" });
    });

    it("counts a repeated request as the same acquisition", async () => {
      await take("a");
      const { head } = await take("a", NOW_MS + 5);
      expect(head).toMatchObject({ fence: 1, leaseId: "a" });
    });

    it("lets exactly one of many have the lease", async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store.acquire(address, { leaseId: `l${index}`, nowMs: NOW_MS, untilMs: NOW_MS + LEASE_MS }),
        ),
      );
      expect(answers.filter(({ acquired }) => acquired)).toHaveLength(1);
    });

    it("keeps every address apart", async () => {
      const ids = ["a", "a/b", "a#b", "..", "é", "__proto__", "x".repeat(300), "A"];
      for (const id of ids) {
        const own: Address = { type: "Thing", id: `${address.id}${id}` };
        const answer = await store.acquire(own, { leaseId: "l", nowMs: NOW_MS, untilMs: NOW_MS + LEASE_MS });
        expect(answer).toMatchObject({ acquired: true, head: { fence: 1 } });
      }
    });
  });

  describe("commit", () => {
    it("writes state and inbox, raises the version by one, and keeps the lease unless told to release", async () => {
      const { lease } = await take("a");
      const written = await store.commit(address, lease, {
        onVersion: 0,
        state: '{"n":1}',
        schema: 3,
        inbox: "AAAAAAAAAAAAAAAA 1",
        release: false,
      });
      expect(written).toEqual({ committed: true });
      expect(await read()).toMatchObject({
        version: 1,
        fence: 1,
        leaseId: "a",
        state: { text: '{"n":1}', schema: 3 },
        inbox: "AAAAAAAAAAAAAAAA 1",
      });
    });

    it("gives the lease back in the same write", async () => {
      const { lease } = await take("a");
      await store.commit(address, lease, { onVersion: 0, state: "{}", schema: 1, release: true });
      const { head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject({ version: 1, fence: 2, state: stored("{}") });
    });

    it("leaves alone what it does not name", async () => {
      const { lease } = await take("a");
      await store.commit(address, lease, {
        onVersion: 0,
        state: "1",
        schema: 1,
        inbox: "AAAAAAAAAAAAAAAA 1",
        spilled: true,
        failing: "message 1",
        outbox: '[{"n":1}]',
        reminders: '[{"name":"r"}]',
        wakeAtMs: NOW_MS + 7,
        usedAtMs: NOW_MS - 1,
        expiresAtMs: NOW_MS + 60_000,
        release: false,
      });
      await store.commit(address, lease, { onVersion: 1, release: true });
      expect(await read()).toMatchObject({
        version: 2,
        state: stored("1"),
        inbox: "AAAAAAAAAAAAAAAA 1",
        spilled: true,
        failing: "message 1",
        outbox: '[{"n":1}]',
        reminders: '[{"name":"r"}]',
        wakeAtMs: NOW_MS + 7,
        usedAtMs: NOW_MS - 1,
        expiresAtMs: NOW_MS + 60_000,
      });
    });

    it("takes the state away, and its schema with it, and leaves the rest as it was", async () => {
      const { lease } = await take("a");
      const rest = {
        inbox: "AAAAAAAAAAAAAAAA 1",
        spilled: true,
        failing: "message 1",
        outbox: '[{"n":1}]',
        reminders: '[{"name":"r"}]',
        wakeAtMs: NOW_MS + 7,
      };
      await store.commit(address, lease, { onVersion: 0, state: "1", schema: 3, ...rest, release: false });
      await store.commit(address, lease, { onVersion: 1, state: null, release: false });
      const head = await read();
      expect(head).toMatchObject({ version: 2, fence: 1, leaseId: "a", ...rest });
      expect(head).not.toHaveProperty("state");
      // A schema that had stayed would be that of the next state.
      await store.commit(address, lease, { onVersion: 2, state: "2", release: true });
      expect(await read()).toMatchObject({ version: 3, state: stored("2") });
    });

    it("takes the state away while it writes the rest and gives the lease back; the fence stays", async () => {
      const { lease: first } = await take("a");
      await store.commit(address, first, { onVersion: 0, state: "1", schema: 3, release: true });
      const { lease } = await take("b", NOW_MS + 1);
      await store.commit(address, lease, {
        onVersion: 1,
        state: null,
        inbox: "AAAAAAAAAAAAAAAA 2",
        outbox: "[1]",
        reminders: "",
        wakeAtMs: null,
        release: true,
      });
      const head = await read();
      expect(head).toMatchObject({ version: 2, fence: 2, inbox: "AAAAAAAAAAAAAAAA 2", outbox: "[1]" });
      for (const gone of ["state", "leaseId", "wakeAtMs"]) expect(head).not.toHaveProperty(gone);
    });

    it("takes away a state that is not there, and brings none back when it comes too late", async () => {
      const { lease: stale } = await take("a");
      const { lease } = await take("b", NOW_MS + LEASE_MS);
      expect(await store.commit(address, lease, { onVersion: 0, state: null, release: true })).toEqual({
        committed: true,
      });
      const before = await read();
      for (const onVersion of [0, 1]) {
        const late = await store.commit(address, stale, { onVersion, state: "1", schema: 1, release: true });
        expect(late).toMatchObject({ committed: false, current: { version: 1, fence: 2 } });
      }
      expect(await read()).toEqual(before);
      expect(before).not.toHaveProperty("state");
    });

    it("writes what is failing and the outbox, and takes them away by empty text, one without the other", async () => {
      const { lease } = await take("a");
      const commit = (onVersion: number, fields: { failing?: string; outbox?: string }) =>
        store.commit(address, lease, { onVersion, ...fields, release: false });
      await commit(0, { failing: "message 1", outbox: '[{"n":"é✓😀"}]' });
      expect(await read()).toMatchObject({ failing: "message 1", outbox: '[{"n":"é✓😀"}]' });
      await commit(1, { failing: "" });
      expect(await read()).toMatchObject({ failing: "", outbox: '[{"n":"é✓😀"}]' });
      await commit(2, { failing: "message 2", outbox: "" });
      expect(await read()).toMatchObject({ version: 3, failing: "message 2", outbox: "" });
    });

    it("writes reminders and the next moment to look, and takes them away, one without the other", async () => {
      const { lease } = await take("a");
      const commit = (onVersion: number, fields: { reminders?: string; wakeAtMs?: number | null }) =>
        store.commit(address, lease, { onVersion, ...fields, release: false });
      await commit(0, { reminders: '[{"name":"é✓😀"}]', wakeAtMs: NOW_MS + 5 });
      expect(await read()).toMatchObject({ reminders: '[{"name":"é✓😀"}]', wakeAtMs: NOW_MS + 5 });
      await commit(1, { reminders: "" });
      expect(await read()).toMatchObject({ reminders: "", wakeAtMs: NOW_MS + 5 });
      await commit(2, { reminders: "[]", wakeAtMs: NOW_MS + 9 });
      expect(await read()).toMatchObject({ reminders: "[]", wakeAtMs: NOW_MS + 9 });
      await commit(3, { wakeAtMs: null });
      expect(await read()).toMatchObject({ version: 4, reminders: "[]" });
      expect(await read()).not.toHaveProperty("wakeAtMs");
    });

    it("writes when the actor was used and when it may disappear, and takes them away, one without the other", async () => {
      const { lease } = await take("a");
      const commit = (
        onVersion: number,
        fields: { state?: null; usedAtMs?: number | null; expiresAtMs?: number | null },
      ) => store.commit(address, lease, { onVersion, ...fields, release: false });
      await commit(0, { usedAtMs: NOW_MS + 1, expiresAtMs: NOW_MS + 2_000 });
      expect(await read()).toMatchObject({ usedAtMs: NOW_MS + 1, expiresAtMs: NOW_MS + 2_000 });
      await commit(1, { usedAtMs: NOW_MS + 3 });
      expect(await read()).toMatchObject({ usedAtMs: NOW_MS + 3, expiresAtMs: NOW_MS + 2_000 });
      await commit(2, { expiresAtMs: null });
      expect(await read()).toMatchObject({ usedAtMs: NOW_MS + 3 });
      expect(await read()).not.toHaveProperty("expiresAtMs");
      await commit(3, { state: null, usedAtMs: null, expiresAtMs: NOW_MS + 4_000 });
      expect(await read()).toMatchObject({ version: 4, expiresAtMs: NOW_MS + 4_000 });
      expect(await read()).not.toHaveProperty("usedAtMs");
    });

    it("shows all of these to whoever takes the lease next", async () => {
      const { lease } = await take("a");
      const moments = { wakeAtMs: NOW_MS + 5, usedAtMs: NOW_MS, expiresAtMs: NOW_MS + 60_000 };
      const fields = { failing: "m", outbox: "[1]", reminders: "[2]", ...moments };
      await store.commit(address, lease, { onVersion: 0, ...fields, release: true });
      const { head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject(fields);
    });

    it("refuses a holder whose lease another one took, and brings the head", async () => {
      const { lease: stale } = await take("a");
      const { lease } = await take("b", NOW_MS + LEASE_MS);
      await store.commit(address, lease, { onVersion: 0, state: "b", schema: 1, release: true });
      const refused = await store.commit(address, stale, {
        onVersion: 0,
        state: "a",
        schema: 1,
        release: true,
      });
      expect(refused).toMatchObject({
        committed: false,
        current: { version: 1, fence: 2, state: stored("b") },
      });
    });

    it("refuses a stale fence even with the current lease id", async () => {
      const { lease } = await take("a");
      const refused = await store.commit(address, { ...lease, fence: 7 }, { onVersion: 0, release: true });
      expect(refused).toMatchObject({ committed: false, current: { version: 0 } });
    });

    it("never looks at the time: a lease that ended but that nobody took still commits", async () => {
      const { lease } = await take("a", NOW_MS - 10 * LEASE_MS);
      expect(await store.commit(address, lease, { onVersion: 0, release: true })).toEqual({
        committed: true,
      });
    });

    it("does not apply the same commit twice, and shows that it was applied", async () => {
      const { lease } = await take("a");
      const commit = { onVersion: 0, state: "1", schema: 1, inbox: "AAAAAAAAAAAAAAAA 1", release: false };
      await store.commit(address, lease, commit);
      const again = await store.commit(address, lease, commit);
      expect(again).toMatchObject({ committed: false, current: { version: 1, leaseId: "a" } });
    });

    it("keeps text exactly as it is", async () => {
      const text = JSON.stringify({ quotes: `"'\\`, unicode: "é✓😀", newline: "\n", empty: "" });
      const { lease } = await take("a");
      await store.commit(address, lease, { onVersion: 0, state: text, schema: 1, release: true });
      expect((await read())?.state?.text).toBe(text);
    });

    it("keeps a head of some size, and a part of the largest", async () => {
      const { lease } = await take("a");
      const text = "x".repeat(100_000);
      await store.commit(address, lease, {
        onVersion: 0,
        state: text,
        schema: 1,
        inbox: "y".repeat(8_000),
        release: true,
      });
      expect((await read())?.state?.text).toHaveLength(text.length);
      await store.writeParts(address, [{ name: "P", body: "x".repeat(store.maxPartBytes) }]);
      expect((await store.readPart(address, "P"))?.body).toHaveLength(store.maxPartBytes);
    });
  });

  describe("commit without a lease", () => {
    const request = { leaseId: "r", nowMs: NOW_MS, untilMs: NOW_MS + LEASE_MS };
    const unseen = { version: 0, fence: 0 };
    const write = (seen: Seen, commit: Partial<Commit> = {}, asked: LeaseRequest = request) =>
      store.commit(address, { seen, request: asked }, { onVersion: seen.version, release: true, ...commit });
    const begin = () => write(unseen, { state: "1", schema: 1 });

    it("creates the head of a new actor, at version 1 and fence 1, and leaves no lease", async () => {
      const inbox = "AAAAAAAAAAAAAAAA 1";
      expect(await write(unseen, { state: '{"n":1}', schema: 3, inbox })).toEqual({ committed: true });
      const head = await read();
      expect(head).toMatchObject({ version: 1, fence: 1, state: { text: '{"n":1}', schema: 3 }, inbox });
      for (const absent of ["leaseId", "leaseUntilMs"]) expect(head).not.toHaveProperty(absent);
    });

    it("creates it once: another process that has not seen it either is refused, and gets the head", async () => {
      await begin();
      const refused = await write(unseen, { state: "2", schema: 1 });
      expect(refused).toEqual({ committed: false, current: await read() });
      expect(await read()).toMatchObject({ version: 1, fence: 1, state: stored("1") });
    });

    it("raises version and fence by one, and leaves alone what it does not name", async () => {
      const rest = { inbox: "AAAAAAAAAAAAAAAA 1", spilled: true, failing: "m", reminders: "[1]" };
      await write(unseen, { state: "1", schema: 2, ...rest, wakeAtMs: NOW_MS + 7, usedAtMs: NOW_MS });
      expect(await write({ version: 1, fence: 1 }, { state: "2" })).toEqual({ committed: true });
      const moments = { wakeAtMs: NOW_MS + 7, usedAtMs: NOW_MS };
      expect(await read()).toMatchObject({
        version: 2,
        fence: 2,
        state: { text: "2", schema: 2 },
        ...rest,
        ...moments,
      });
      await write({ version: 2, fence: 2 }, { state: null, wakeAtMs: null, expiresAtMs: NOW_MS + 4_000 });
      const head = await read();
      expect(head).toMatchObject({ version: 3, fence: 3, usedAtMs: NOW_MS, expiresAtMs: NOW_MS + 4_000 });
      for (const gone of ["state", "wakeAtMs"]) expect(head).not.toHaveProperty(gone);
    });

    it("is refused when another version was committed meanwhile, under a lease or without", async () => {
      await begin();
      await write({ version: 1, fence: 1 });
      expect(await write({ version: 1, fence: 1 })).toMatchObject({ current: { version: 2, fence: 2 } });
      const { lease } = await take("a");
      await store.commit(address, lease, { onVersion: 2, state: "a", schema: 1, release: true });
      for (const seen of [
        { version: 2, fence: 2 },
        { version: 2, fence: 3 },
        { version: 3, fence: 2 },
      ]) {
        expect(await write(seen, { state: "x", schema: 1 })).toMatchObject({ committed: false });
      }
      expect(await read()).toMatchObject({ version: 3, fence: 3, state: stored("a") });
    });

    it("is refused when somebody has held the lease meanwhile, also without a commit", async () => {
      await begin();
      const { lease } = await take("a");
      await store.release(address, lease, {});
      expect(await write({ version: 1, fence: 1 })).toMatchObject({
        committed: false,
        current: { fence: 2 },
      });
    });

    it("is refused while a lease lasts, although the actor is as it was seen", async () => {
      await begin();
      await take("a");
      const late = { ...request, nowMs: NOW_MS + LEASE_MS - 1 };
      expect(await write({ version: 1, fence: 2, leaseId: "a" }, {}, late)).toMatchObject({
        committed: false,
        current: { leaseId: "a", leaseUntilMs: NOW_MS + LEASE_MS },
      });
    });

    it("is refused when who held a lease that has ended has marked that there may be pieces", async () => {
      await begin();
      const { lease } = await take("a");
      const seen = { version: 1, fence: 2, leaseId: "a" };
      await store.renew(address, lease, NOW_MS + LEASE_MS, { hasPieces: true });
      const late = { ...request, nowMs: NOW_MS + LEASE_MS };
      const current = { version: 1, fence: 2, hasPieces: true };
      expect(await write(seen, { state: "2" }, late)).toMatchObject({ committed: false, current });
      expect(await store.acquire(address, late, seen)).toMatchObject({ acquired: false, current });
      expect(await store.acquire(address, late)).toMatchObject({ acquired: true, head: { hasPieces: true } });
    });

    it("takes away a lease that has ended; who held it is refused whatever it does, and cannot have it back", async () => {
      await begin();
      const { lease } = await take("a");
      const late = { ...request, nowMs: NOW_MS + LEASE_MS };
      expect(await write({ version: 1, fence: 2, leaseId: "a" }, { state: "2" }, late)).toEqual({
        committed: true,
      });
      const head = await read();
      expect(head).toMatchObject({ version: 2, fence: 3, state: stored("2") });
      for (const gone of ["leaseId", "leaseUntilMs"]) expect(head).not.toHaveProperty(gone);
      for (const onVersion of [1, 2]) {
        const zombie = await store.commit(address, lease, {
          onVersion,
          state: "a",
          schema: 1,
          release: true,
        });
        expect(zombie).toMatchObject({ committed: false });
      }
      expect(await store.renew(address, lease, NOW_MS + 9 * LEASE_MS)).toBe(false);
      await store.release(address, lease, { outbox: "[1]", wakeAtMs: NOW_MS });
      expect(await read()).toEqual(head);
    });

    it("takes the lease in the same write, which then commits, and keeps others out", async () => {
      await begin();
      const seen = { version: 1, fence: 1 };
      expect(await write(seen, { outbox: "[1]", release: false })).toEqual({ committed: true });
      expect(await read()).toMatchObject({
        version: 2,
        fence: 2,
        outbox: "[1]",
        leaseId: "r",
        leaseUntilMs: NOW_MS + LEASE_MS,
      });
      const other = await store.acquire(address, { ...request, leaseId: "b" });
      expect(other).toMatchObject({ acquired: false, current: { leaseId: "r" } });
      const lease = { id: "r", fence: 2 };
      expect(await store.commit(address, lease, { onVersion: 2, outbox: "", release: true })).toEqual({
        committed: true,
      });
    });

    it("that comes twice is refused the second time, and shows whose lease it is", async () => {
      await write(unseen, { release: false });
      expect(await write(unseen, { release: false })).toMatchObject({
        committed: false,
        current: { version: 1, fence: 1, leaseId: "r" },
      });
    });

    it("is for exactly one of many that have seen the same", async () => {
      for (const seen of [unseen, { version: 1, fence: 1 }]) {
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) => write(seen, { state: String(index), schema: 1 })),
        );
        expect(answers.filter(({ committed }) => committed)).toHaveLength(1);
      }
    });

    it("works for an actor that was held and never committed", async () => {
      const { lease } = await take("a");
      await store.release(address, lease, {});
      expect(await write(unseen)).toMatchObject({ committed: false, current: { version: 0, fence: 1 } });
      expect(await write({ version: 0, fence: 1 }, { state: "1", schema: 1 })).toEqual({ committed: true });
      expect(await read()).toMatchObject({ version: 1, fence: 2, state: stored("1") });
    });

    describe("that turns out to need one", () => {
      it("takes the lease of an actor that is as it was seen", async () => {
        const first = await store.acquire(address, request, unseen);
        expect(first).toMatchObject({ acquired: true, head: { version: 0, fence: 1, leaseId: "r" } });
        const lease = { id: "r", fence: 1 };
        await store.commit(address, lease, { onVersion: 0, state: "1", schema: 1, release: true });
        const second = await store.acquire(address, request, { version: 1, fence: 1 });
        expect(second).toMatchObject({ acquired: true, head: { fence: 2, state: stored("1") } });
      });

      it("does not take it once the actor was committed to, or held, or is held", async () => {
        await begin();
        await write({ version: 1, fence: 1 });
        const stale = await store.acquire(address, request, { version: 1, fence: 1 });
        expect(stale).toEqual({ acquired: false, current: await read() });
        expect(await store.acquire(address, request, unseen)).toMatchObject({ acquired: false });
        const { lease } = await take("a");
        const seen = { version: 2, fence: 3 };
        expect(await store.acquire(address, request, { ...seen, leaseId: "a" })).toMatchObject({
          current: { leaseId: "a" },
        });
        await store.release(address, lease, {});
        expect(await store.acquire(address, request, { version: 2, fence: 2 })).toMatchObject({
          acquired: false,
        });
        expect(await store.acquire(address, request, seen)).toMatchObject({ acquired: true });
      });

      it("counts a repeated request as the same acquisition", async () => {
        await begin();
        const seen = { version: 1, fence: 1 };
        await store.acquire(address, request, seen);
        expect(await store.acquire(address, request, seen)).toMatchObject({
          acquired: true,
          head: { fence: 2 },
        });
      });
    });
  });

  describe("release and renew", () => {
    it("frees the lease without a commit; the fence stays", async () => {
      const { lease } = await take("a");
      await store.release(address, lease, {});
      const { head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject({ version: 0, fence: 2 });
    });

    it("marks that there may be pieces while the lease is held, until a release takes the mark away", async () => {
      const { lease, head } = await take("a");
      expect(head.hasPieces).toBe(false);
      expect(await store.renew(address, lease, NOW_MS + 2 * LEASE_MS, { hasPieces: true })).toBe(true);
      expect(await read()).toMatchObject({ hasPieces: true, leaseUntilMs: NOW_MS + 2 * LEASE_MS });
      await store.renew(address, lease, NOW_MS + LEASE_MS);
      await store.commit(address, lease, { onVersion: 0, state: "1", schema: 1, release: true });
      const { lease: next, head: marked } = await take("b");
      expect(marked.hasPieces).toBe(true);
      expect(await store.renew(address, lease, NOW_MS + LEASE_MS, { hasPieces: true })).toBe(false);
      await store.release(address, next, {});
      expect((await read())?.hasPieces).toBe(true);
      const { lease: last } = await take("c");
      await store.release(address, last, { hasPieces: false });
      expect((await read())?.hasPieces).toBe(false);
      expect(await store.renew(address, last, NOW_MS + LEASE_MS, { hasPieces: true })).toBe(false);
      expect((await read())?.hasPieces).toBe(false);
    });

    it("does not release the lease of a successor", async () => {
      const { lease: stale } = await take("a");
      await take("b", NOW_MS + LEASE_MS);
      await store.release(address, stale, {});
      expect(await read()).toMatchObject({ leaseId: "b" });
    });

    it("empties the outbox in the same write when it was delivered, and only then", async () => {
      const { lease: first } = await take("a");
      await store.commit(address, first, { onVersion: 0, failing: "m", outbox: "[1]", release: false });
      await store.release(address, first, {});
      const { lease: second, head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject({ version: 1, outbox: "[1]" });
      await store.release(address, second, { outbox: "" });
      const released = await read();
      expect(released).toMatchObject({ version: 1, fence: 2, failing: "m", outbox: "" });
      expect(released?.leaseId).toBeUndefined();
    });

    it("leaves the outbox alone when the lease was lost", async () => {
      const { lease: stale } = await take("a");
      const { lease } = await take("b", NOW_MS + LEASE_MS);
      await store.commit(address, lease, { onVersion: 0, outbox: "[1]", release: true });
      await store.release(address, stale, { outbox: "" });
      expect(await read()).toMatchObject({ version: 1, outbox: "[1]" });
    });

    it("writes an outbox and the next moment to look, each only when it is named", async () => {
      const { lease } = await take("a");
      await store.commit(address, lease, { onVersion: 0, outbox: "[1,2]", reminders: "[3]", release: false });
      await store.release(address, lease, { outbox: "[2]", wakeAtMs: NOW_MS + 5 });
      const { lease: second, head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject({ version: 1, outbox: "[2]", reminders: "[3]", wakeAtMs: NOW_MS + 5 });
      await store.release(address, second, { outbox: "" });
      const { lease: third, head: next } = await take("c", NOW_MS + 2);
      expect(next).toMatchObject({ outbox: "", wakeAtMs: NOW_MS + 5 });
      await store.release(address, third, { wakeAtMs: null });
      const released = await read();
      expect(released).toMatchObject({ version: 1, fence: 3, outbox: "", reminders: "[3]" });
      expect(released).not.toHaveProperty("wakeAtMs");
      expect(released).not.toHaveProperty("leaseId");
    });

    it("writes when the actor was used and when it may disappear, each only when it is named", async () => {
      const { lease } = await take("a");
      await store.release(address, lease, { usedAtMs: NOW_MS, expiresAtMs: NOW_MS + 1_000 });
      const { lease: second, head } = await take("b", NOW_MS + 1);
      expect(head).toMatchObject({ version: 0, usedAtMs: NOW_MS, expiresAtMs: NOW_MS + 1_000 });
      await store.release(address, second, { expiresAtMs: null });
      const { lease: third, head: next } = await take("c", NOW_MS + 2);
      expect(next).toMatchObject({ usedAtMs: NOW_MS });
      expect(next).not.toHaveProperty("expiresAtMs");
      await store.release(address, third, { usedAtMs: null });
      expect(await read()).not.toHaveProperty("usedAtMs");
    });

    it("changes nothing when the lease was lost", async () => {
      const { lease: stale } = await take("a");
      const { lease } = await take("b", NOW_MS + LEASE_MS);
      await store.commit(address, lease, { onVersion: 0, outbox: "[1]", wakeAtMs: NOW_MS, release: false });
      const before = await read();
      await store.release(address, stale, { outbox: "[2]", wakeAtMs: null, usedAtMs: 1 });
      const moments = { wakeAtMs: NOW_MS + 1, expiresAtMs: NOW_MS };
      await store.release(address, { ...lease, fence: stale.fence }, { outbox: "", ...moments });
      expect(await read()).toEqual(before);
    });

    it("prolongs a lease that is held, and refuses one that is not", async () => {
      const { lease } = await take("a");
      expect(await store.renew(address, lease, NOW_MS + 60_000)).toBe(true);
      expect(
        await store.acquire(address, { leaseId: "b", nowMs: NOW_MS + 59_999, untilMs: NOW_MS + 60_001 }),
      ).toMatchObject({ acquired: false, current: { leaseUntilMs: NOW_MS + 60_000 } });
      await take("b", NOW_MS + 60_000);
      expect(await store.renew(address, lease, NOW_MS + 90_000)).toBe(false);
    });

    it("does nothing to an actor that does not exist", async () => {
      await store.release(address, { id: "a", fence: 1 }, { outbox: "" });
      expect(await store.renew(address, { id: "a", fence: 1 }, NOW_MS)).toBe(false);
      expect(await read()).toBeUndefined();
    });
  });

  /** Where an index is only eventually consistent, these fail now and then: emulators' are not. */
  describe("actors that are due", () => {
    async function wakeAt(id: string, wakeAtMs: number, release = true): Promise<Address> {
      const own: Address = { type: "Thing", id };
      await store.acquire(own, { leaseId: "a", nowMs: NOW_MS, untilMs: NOW_MS + LEASE_MS });
      await store.commit(own, { id: "a", fence: 1 }, { onVersion: 0, wakeAtMs, release });
      return own;
    }

    async function pagesOf(shard: number, untilMs: number): Promise<DuePage[]> {
      const pages = [await store.readDue(shard, untilMs)];
      for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
        pages.push(await store.readDue(shard, untilMs, next));
      }
      return pages;
    }

    /** Those whose ids begin as this test's do: the actors of others may be due too. */
    async function due(untilMs: number): Promise<DueActor[]> {
      const pages: DuePage[] = [];
      for (let shard = 0; shard < store.wakeShards; shard++) pages.push(...(await pagesOf(shard, untilMs)));
      return pages.flatMap((page) => page.due.filter((actor) => actor.address.id.startsWith(address.id)));
    }

    it("are found up to a moment, that one included", async () => {
      await wakeAt(address.id, NOW_MS);
      expect(await due(NOW_MS - 1)).toEqual([]);
      expect(await due(NOW_MS)).toEqual([{ address, wakeAtMs: NOW_MS }]);
      expect(await due(NOW_MS + 1)).toEqual([{ address, wakeAtMs: NOW_MS }]);
    });

    it("are found whether their lease is held or was given back in the same write", async () => {
      const held = await wakeAt(`${address.id}/held`, NOW_MS, false);
      const free = await wakeAt(`${address.id}/free`, NOW_MS, true);
      expect(await store.read(free, { consistent: true })).not.toHaveProperty("leaseId");
      const found = (await due(NOW_MS)).map((actor) => actor.address);
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([held, free]));
    });

    it("stay until a commit or a release moves or removes the moment", async () => {
      const moments = async () => (await due(NOW_MS + 99)).map(({ wakeAtMs }) => wakeAtMs);
      await wakeAt(address.id, NOW_MS, false);
      const lease: Lease = { id: "a", fence: 1 };
      await store.commit(address, lease, { onVersion: 1, state: "1", release: false });
      expect(await moments()).toEqual([NOW_MS]);
      await store.commit(address, lease, { onVersion: 2, wakeAtMs: NOW_MS + 7, release: false });
      expect(await moments()).toEqual([NOW_MS + 7]);
      await store.commit(address, lease, { onVersion: 3, wakeAtMs: null, release: false });
      expect(await moments()).toEqual([]);
      await store.release(address, lease, { wakeAtMs: NOW_MS + 8 });
      expect(await moments()).toEqual([NOW_MS + 8]);
      await store.release(address, (await take("b", NOW_MS + 1)).lease, {});
      expect(await moments()).toEqual([NOW_MS + 8]);
      await store.release(address, (await take("c", NOW_MS + 2)).lease, { wakeAtMs: null });
      expect(await moments()).toEqual([]);
    });

    it("are found once each in all shards together, the earliest of a shard first", async () => {
      const moments = Array.from({ length: 40 }, (_, index) => NOW_MS + ((index * 17) % 40));
      await Promise.all(moments.map((wakeAtMs, index) => wakeAt(`${address.id}-${index}`, wakeAtMs)));
      const found = await due(NOW_MS + 40);
      expect(found).toHaveLength(moments.length);
      expect(new Map(found.map((actor) => [actor.address.id, actor.wakeAtMs]))).toEqual(
        new Map(moments.map((wakeAtMs, index) => [`${address.id}-${index}`, wakeAtMs])),
      );
      for (let shard = 0; shard < store.wakeShards; shard++) {
        const pages = await pagesOf(shard, NOW_MS + 40);
        const inOrder = pages.flatMap((page) => page.due.map(({ wakeAtMs }) => wakeAtMs));
        expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
      }
    });

    it("come in pages, none twice and none left out, though many are due at the same moment", async () => {
      // A line separator is a character that some patterns take for the end of the text.
      const ids = Array.from({ length: 4_000 }, (_, index) => `${address.id}\u2028${index}`)
        .filter((id) => wakeShardOf({ type: "Thing", id }, store.wakeShards) === 0)
        .slice(0, 130);
      const momentOf = (index: number) => (index < 5 ? NOW_MS - 1 : index < 125 ? NOW_MS : NOW_MS + 1);
      await Promise.all(ids.map((id, index) => wakeAt(id, momentOf(index))));
      const pages = await pagesOf(0, NOW_MS);
      expect(pages.length).toBeGreaterThan(1);
      const found = pages
        .flatMap((page) => page.due.map((actor) => actor.address.id))
        .filter((id) => id.startsWith(address.id));
      expect(found.toSorted()).toEqual(ids.slice(0, 125).sort());
      expect(new Set(found.slice(0, 5))).toEqual(new Set(ids.slice(0, 5)));
    });

    it("have the addresses that they were committed under", async () => {
      const endings = [
        "/",
        "/a/b",
        "//",
        "#",
        "é",
        "e\u0301",
        "✓😀",
        "__proto__",
        "\u2028",
        "\u{10FFFF}",
        ' "\\',
      ];
      const ids = [...endings, "x".repeat(450)].map((ending) => address.id + ending);
      const addresses = await Promise.all(ids.map((id) => wakeAt(id, NOW_MS)));
      const found = (await due(NOW_MS)).map((actor) => actor.address);
      expect(found).toHaveLength(addresses.length);
      expect(found).toEqual(expect.arrayContaining(addresses));
    });

    it.each(["", "x", "1 ", "x Thing/t", "Infinity Thing/t", "bnVsbA", "W10", "eyJwayI6MX0", "{}", "\u2028"])(
      "cannot be asked for from %j on, which is the end of no page",
      async (after) => {
        await expect(store.readDue(0, NOW_MS, after)).rejects.toMatchObject({
          code: "UnexpectedEvent",
          retryable: false,
          details: { field: "after" },
        });
      },
    );
  });

  describe("parts", () => {
    const names = (parts: readonly Part[]) => parts.map(({ name }) => name);
    const part = (name: string, body = `body of ${name}`): Part => ({ name, body });

    it("come back by prefix, in the order of their names", async () => {
      const expiresAtMs = Date.now() + 3_600_000;
      await store.writeParts(
        address,
        ["INBOX#2", "INBOX#1", "INBOX", "INBOX$", "RESULT#1"].map((name) => ({ ...part(name), expiresAtMs })),
      );
      const parts = await store.readParts(address, "INBOX#");
      expect(parts.map(({ name, body }) => [name, body])).toEqual([
        ["INBOX#1", "body of INBOX#1"],
        ["INBOX#2", "body of INBOX#2"],
      ]);
    });

    it("come back from a name on: that one, or the first behind it, and none before the prefix", async () => {
      await store.writeParts(
        address,
        ["A#9", "B#1", "B#3", "B#5", "C#1"].map((name) => part(name)),
      );
      expect(names(await store.readParts(address, "B#", "B#3"))).toEqual(["B#3", "B#5"]);
      expect(names(await store.readParts(address, "B#", "B#2"))).toEqual(["B#3", "B#5"]);
      expect(names(await store.readParts(address, "B#", "A#1"))).toEqual(["B#1", "B#3", "B#5"]);
      expect(await store.readParts(address, "B#", "B#6")).toEqual([]);
      expect(await store.readParts(address, "B#", "C#1")).toEqual([]);
    });

    it("are read one by one by their exact names", async () => {
      await store.writeParts(address, [part("X"), part("X#1")]);
      expect(await store.readPart(address, "X")).toEqual(part("X"));
      expect(await store.readPart(address, "X#1")).toEqual(part("X#1"));
      expect(await store.readPart(address, "X#")).toBeUndefined();
      expect(await store.readPart({ ...address, id: `${address.id}/other` }, "X")).toBeUndefined();
    });

    it("are replaced by name, and are not confused with the head or another actor's", async () => {
      await take("a");
      await store.writeParts(address, [part("X", "1")]);
      await store.writeParts(address, [part("X", "2")]);
      expect(await store.readParts(address, "")).toEqual([part("X", "2")]);
      expect(await store.readParts({ ...address, id: `${address.id}/other` }, "")).toEqual([]);
    });

    it("are written all, also when they are many or large", async () => {
      const many = Array.from({ length: 60 }, (_, index) => part(`M#${String(index).padStart(2, "0")}`));
      const large = [part("L#1", "x".repeat(300_000)), part("L#2", "y".repeat(300_000))];
      await store.writeParts(address, many);
      await store.writeParts(address, large);
      expect(await store.readParts(address, "M#")).toEqual(many);
      expect(await store.readParts(address, "L#")).toEqual(large);
    });

    it("are removed by name, beside others that are written, and only this actor's", async () => {
      const other = { ...address, id: `${address.id}/other` };
      await store.writeParts(address, [part("X#1"), part("X#2"), part("X#10")]);
      await store.writeParts(other, [part("X#1")]);
      await store.writeParts(address, [part("X#3")], ["X#1", "X#never"]);
      expect(names(await store.readParts(address, "X#"))).toEqual(["X#10", "X#2", "X#3"]);
      await store.writeParts(address, [], ["X#2"]);
      expect(names(await store.readParts(address, "X#"))).toEqual(["X#10", "X#3"]);
      expect(names(await store.readParts(other, "X#"))).toEqual(["X#1"]);
      const many = Array.from({ length: 60 }, (_, index) => part(`M#${index}`));
      await store.writeParts(address, many);
      await store.writeParts(address, [part("N")], names(many));
      expect(await store.readParts(address, "M#")).toEqual([]);
    });

    it("may be none", async () => {
      await store.writeParts(address, []);
      expect(await store.readParts(address, "")).toEqual([]);
    });

    it("are all read when they are more than one page", async () => {
      const body = "x".repeat(300_000);
      for (let index = 0; index < 5; index++) await store.writeParts(address, [part(`P${index}`, body)]);
      expect(names(await store.readParts(address, "P"))).toEqual(["P0", "P1", "P2", "P3", "P4"]);
    });
  });
}
