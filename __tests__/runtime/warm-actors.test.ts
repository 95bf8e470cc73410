/** Which actors a process keeps in memory: those that are used. */
import { Actor, DurableActor, Method, Transient } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { gate } from "../support/fake-clock";

let released = gate<void>();

@Actor
class Guide extends DurableActor {
  @Transient visits = 0;

  /** How often since it was loaded. */
  @Method visit(): number {
    return ++this.visits;
  }

  @Method async visitSlowly(): Promise<number> {
    await released.opened;
    return ++this.visits;
  }
}

describe("a process with room for two actors", () => {
  let app: TestApp;
  const guide = (id: string) => app.client.actor(Guide).get(id);

  beforeEach(() => {
    released = gate();
    app = createTestApp([Guide], { limits: { warmActors: 2 } });
  });
  afterEach(() => app.close());

  it("forgets the one that was not used again, whenever another one comes", async () => {
    expect([await guide("a").visit(), await guide("b").visit(), await guide("a").visit()]).toEqual([1, 1, 2]);
    expect(await guide("c").visit()).toBe(1);
    expect(await guide("a").visit()).toBe(3);
    expect(await guide("b").visit()).toBe(1);
    expect(await guide("a").visit()).toBe(4);
    expect(await guide("c").visit()).toBe(1);
  });

  it("forgets the one that came first, where none was used again", async () => {
    for (const id of ["a", "b", "c"]) expect(await guide(id).visit()).toBe(1);
    expect(await guide("b").visit()).toBe(2);
    expect(await guide("c").visit()).toBe(2);
    expect(await guide("a").visit()).toBe(1);
  });

  it("keeps as many as are busy", async () => {
    const ids = ["a", "b", "c", "d"];
    for (const id of ids) await guide(id).visit();
    const slow = ids.map((id) => guide(id).visitSlowly());
    await app.clock.advance(0);
    const behind = ids.map((id) => guide(id).visit());
    released.open();
    const first = await Promise.all(slow);
    expect(await Promise.all(behind)).toEqual(first.map((visits) => visits + 1));
  });
});
