/** A reminder that is due in the activation that has set it: what it does elsewhere must not outlast a turn that is rolled back. */
import { Actor, DurableActor, Method } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { codeOf, resultOf } from "../support/process";
import { onEachStore } from "../support/stores";
import type { Intercept } from "../support/watched-process";

@Actor
class Alarm extends DurableActor {
  rings = 0;

  @Method set(): void {
    this.ctx.remind("now", { in: 0 }, "ring");
  }
  @Method async ring(): Promise<void> {
    this.rings += await this.ctx.actor(Bell).get(this.ctx.actorId).strike();
  }
}

@Actor
class Bell extends DurableActor {
  strokes = 0;

  @Method strike(): number {
    this.strokes++;
    return 1;
  }
}

onEachStore((stage) => {
  const call = (): Invocation => ({ actor: "Alarm", id: stage().id, method: "set", args: [] }) as Invocation;
  const stateOf = async (type: string) =>
    JSON.parse((await stage().headOf({ type, id: stage().id }))?.state?.text ?? "{}") as object;

  it("runs when the turn that has set it is committed, and not before", async () => {
    const commits: string[] = [];
    const intercept: Intercept = (name, apply, [address]) => {
      if (name === "store.commit") commits.push((address as { type: string }).type);
      return apply();
    };
    expect(resultOf(await stage().start([Alarm, Bell], { intercept }).invoke(call()))).toBeUndefined();
    expect(commits).toEqual(["Alarm", "Bell", "Alarm"]);
    expect([await stateOf("Alarm"), await stateOf("Bell")]).toEqual([{ rings: 1 }, { strokes: 1 }]);
  });

  it("has called nobody when that turn turns out to be lost", async () => {
    const rights: object[] = [];
    const intercept: Intercept = async (name, apply, [address, right]) => {
      if (name !== "store.commit" || (address as { type: string }).type !== "Alarm") return apply();
      rights.push(right as object);
      return { committed: false, current: undefined };
    };
    expect(codeOf(await stage().start([Alarm, Bell], { intercept }).invoke(call()))).toBe("FencedError");
    expect(await stage().headOf({ type: "Bell", id: stage().id })).toBeUndefined();
    // It ran again as often as it does without a lease, and once under one.
    expect(rights.map((right) => "seen" in right)).toEqual([true, true, false]);
  });

  it("has called once when that turn runs again, since another one came before it", async () => {
    let isFirst = true;
    const intercept: Intercept = async (name, apply) => {
      if (name === "store.commit" && isFirst) {
        isFirst = false;
        await stage().start([Alarm, Bell]).invoke(call());
      }
      return apply();
    };
    expect(resultOf(await stage().start([Alarm, Bell], { intercept }).invoke(call()))).toBeUndefined();
    expect([await stateOf("Alarm"), await stateOf("Bell")]).toEqual([{ rings: 2 }, { strokes: 2 }]);
  });
});
