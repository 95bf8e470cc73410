/** A checkpoint that is under way when its turn ends, or when another one is asked for. */
import { Actor, DurableActor, Method } from "durable-lambda";
import { FakeClock, gate } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { type Intercept, startWatched, type WatchedProcess } from "../support/watched-process";

@Actor
class Saver extends DurableActor {
  n = 0;
  @Method add(): number {
    return ++this.n;
  }
  @Method async saveAndAdd(): Promise<number> {
    this.n++;
    await this.ctx.save();
    return ++this.n;
  }
  @Method saveInPassing(): number {
    this.n++;
    void this.ctx.save();
    return ++this.n;
  }
  @Method saveInPassingAndDestroy(): void {
    this.n++;
    void this.ctx.save();
    this.ctx.destroy();
  }
  @Method async saveTwiceAtOnce(): Promise<number> {
    this.n++;
    const first = this.ctx.save();
    this.n++;
    this.ctx.emit("Second");
    await Promise.all([first, this.ctx.save()]);
    return ++this.n;
  }
}

let clock: FakeClock;
let local: LocalPorts;
let intercept: Intercept;
let one: WatchedProcess;
beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
  intercept = (_, apply) => apply();
  one = startWatched([Saver], local, { clock, intercept: (...request) => intercept(...request) });
});
afterEach(() => local.close());

const call = (method: string, more: object = {}) =>
  one.invoke({ actor: "Saver", id: "s", method, args: [], ...more } as Parameters<typeof one.invoke>[0]);
const headOf = () => local.store.read({ type: "Saver", id: "s" }, { consistent: true });

it("of a turn that ran out of time is waited for: the next turn goes on from it, and is committed", async () => {
  const [reached, opened] = [gate(), gate()];
  let commits = 0;
  intercept = async (name, apply) => {
    if (name !== "store.commit" || commits++ > 0) return apply();
    // Applied, and its answer is late.
    const answer = await apply();
    reached.open();
    await opened.opened;
    return answer;
  };
  const late = call("saveAndAdd", { timeoutMs: 500 });
  await reached.opened;
  const next = call("add", { callId: "next" });
  await clock.advance(500);
  opened.open();
  expect(await late).toMatchObject({ ok: false, error: { code: "CallTimeout" } });
  expect(await next).toEqual({ ok: true, result: 2, version: 2 });
  expect(await call("add", { callId: "next" })).toEqual({ ok: true, result: 2, version: 2 });
  const head = await headOf();
  expect(head).toMatchObject({ version: 2, state: { text: '{"n":2}' } });
  expect(head).not.toHaveProperty("leaseId");
});

it.each([
  ["saveInPassing", { ok: true, result: 2, version: 2 }, { version: 2, state: { text: '{"n":2}' } }],
  ["saveTwiceAtOnce", { ok: true, result: 3, version: 3 }, { version: 3, state: { text: '{"n":3}' } }],
  ["saveInPassingAndDestroy", { ok: true, version: 2 }, { version: 2 }],
])("is waited for by a turn that does not wait itself (%s)", async (method, reply, expected) => {
  expect(await call(method, { callId: "first" })).toMatchObject(reply);
  const head = await headOf();
  expect(head).toMatchObject(expected);
  expect(head).not.toHaveProperty("leaseId");
  if (!("state" in expected)) expect(head).not.toHaveProperty("state");
  expect(await call(method, { callId: "first" })).toMatchObject(reply);
  expect(await headOf()).toMatchObject(expected);
  if (method === "saveTwiceAtOnce") expect(local.bus.published()).toHaveLength(1);
});
