/**
 * What a turn causes happens if and only if the turn was committed. Money moves by messages, and the process dies before or
 * after each request that it makes, at another one in each run.
 */
import { Actor, type ActorEvent, DurableActor, Method, On, TerminalError } from "durable-lambda";
import { dyingEverywhere, dyingTwice } from "../support/crash-points";
import { type Fleet, NOTHING } from "../support/fleet";

@Actor
class Account extends DurableActor {
  balance = this.ctx.actorId === "a" ? 100 : 0;

  @Method deposit(amount: number): number {
    this.balance += amount;
    this.ctx.emit("Deposited", { to: this.ctx.actorId, amount });
    return this.balance;
  }

  @Method transfer(to: string, amount: number): number {
    this.balance -= amount;
    this.ctx.actor(Account).get(to).send().deposit(amount);
    this.ctx.emit("Transferred", { to, amount });
    return this.balance;
  }

  /** Returns the id by which to ask for the result of the deposit. */
  @Method transferTracked(to: string, amount: number): string {
    this.balance -= amount;
    this.ctx.emit("Transferred", { to, amount });
    return this.ctx.actor(Account).get(to).start().deposit(amount).callId;
  }

  @Method transferLater(to: string, amount: number): void {
    this.balance -= amount;
    this.ctx.actor(Account).get(to).send({ delay: "5m" }).deposit(amount);
    this.ctx.emit("Transferred", { to, amount });
  }

  /** Causes whatever a turn can cause, and fails. */
  @Method transferInVain(to: string, amount: number): void {
    this.transfer(to, amount);
    this.transferTracked(to, amount);
    this.transferLater(to, amount);
    this.ctx.resolve(this.ctx.callId, amount);
    this.ctx.remind("again", { in: "1m" }, "deposit", amount);
    throw new TerminalError("The account is closed.");
  }

  @Method({ readonly: true }) value(): number {
    return this.balance;
  }
}

/** Listens to the deposits of the account that has its id. */
@Actor
class Ledger extends DurableActor {
  entries: number[] = [];

  @On({ source: "durable-lambda.Account", detailType: "Deposited", id: "detail.to" })
  enter({ detail }: ActorEvent<{ amount: number }>): void {
    this.entries.push(detail.amount);
  }

  @Method({ readonly: true }) all(): number[] {
    return this.entries;
  }
}

/** Is asked for something, and answers when a person has decided. */
@Actor
class Desk extends DurableActor {
  waiting: string | undefined;

  @Method request(): string {
    this.waiting = this.ctx.callId;
    return this.ctx.pending();
  }

  @Method decide(decision: string): void {
    if (this.waiting !== undefined) this.ctx.resolve(this.waiting, decision);
    this.waiting = undefined;
  }
}

async function balances({ witness }: Fleet): Promise<{ a: number; b: number }> {
  const accounts = witness.actor(Account);
  return { a: await accounts.get("a").value(), b: await accounts.get("b").value() };
}

function eventTypes(fleet: Fleet): string[] {
  return fleet.events().map(({ detailType }) => detailType);
}

async function expectTransferred(fleet: Fleet): Promise<void> {
  expect(await balances(fleet)).toEqual({ a: 70, b: 30 });
  expect(eventTypes(fleet).sort()).toEqual(["Deposited", "Transferred"]);
  expect(await fleet.leftOver()).toEqual(NOTHING);
}

async function expectNothing(fleet: Fleet): Promise<void> {
  expect(await balances(fleet)).toEqual({ a: 100, b: 0 });
  expect(eventTypes(fleet)).toEqual([]);
  expect(await fleet.leftOver()).toEqual(NOTHING);
}

async function transferByCall(fleet: Fleet): Promise<void> {
  const { client } = fleet;
  const left = await fleet.during(client.actor(Account).get("a", { timeoutMs: 120_000 }).transfer("b", 30));
  expect(left).toBe(70);
  await fleet.heal();
  await expectTransferred(fleet);
}

describe("a transfer moves the money once and publishes each event once, wherever the process dies", () => {
  it("as a call that its client tries again", async () => {
    const steps = await dyingEverywhere([Account], transferByCall);
    expect(steps).toEqual(
      expect.arrayContaining([
        "store.read Account/a",
        "store.commit Account/a",
        "messages.send",
        "bus.publish",
        "store.release Account/a",
        "messages.receive",
        "store.read Account/b",
        "store.commit Account/b",
        "store.release Account/b",
        "messages.delete",
        "events.receive",
        "events.delete",
        "store.readDue",
      ]),
    );
    expect(steps.filter((step) => step.endsWith(" Account/a"))).toEqual([
      "store.read Account/a",
      "store.commit Account/a",
      "store.release Account/a",
    ]);
  });

  it("and where the process that takes over dies as well", async () => {
    expect(await dyingTwice([Account], transferByCall, { each: 5, seed: 20_261_130 })).toBeGreaterThan(150);
  });

  it("as a message", async () => {
    const steps = await dyingEverywhere([Account], async (fleet) => {
      await fleet.during(fleet.client.actor(Account).get("a").send().transfer("b", 30));
      await fleet.heal();
      await expectTransferred(fleet);
    });
    expect(steps.length).toBeGreaterThan(17);
  });

  it("or does nothing at all, when it died before the commit and nobody tries again", async () => {
    let [done, undone] = [0, 0];
    await dyingEverywhere([Account], async (fleet) => {
      const call = { actor: "Account", id: "a", method: "transfer", args: ["b", 30] };
      await fleet.attempt(call).catch(() => {});
      await fleet.heal();
      if (fleet.hasApplied("store.commit Account/a")) {
        done++;
        await expectTransferred(fleet);
      } else {
        undone++;
        await expectNothing(fleet);
      }
    });
    // Before and after the account is read, and before the commit.
    expect(undone).toBe(3);
    expect(done).toBeGreaterThan(25);
  });

  it("and an actor that listens gets each event once", async () => {
    const steps = await dyingEverywhere([Account, Ledger], async (fleet) => {
      await fleet.during(fleet.client.actor(Account).get("a").transfer("b", 30));
      await fleet.heal();
      expect(await fleet.witness.actor(Ledger).get("b").all()).toEqual([30]);
      await expectTransferred(fleet);
    });
    expect(steps).toContain("store.commit Ledger/b");
  });

  it("with a deposit whose result is asked for", async () => {
    const steps = await dyingEverywhere([Account], async (fleet) => {
      const { client } = fleet;
      const callId = await fleet.during(client.actor(Account).get("a").transferTracked("b", 30));
      expect(await fleet.during(client.call(callId).result({ timeout: "5m" }))).toBe(30);
      await fleet.heal();
      await expectTransferred(fleet);
    });
    expect(steps).toEqual(expect.arrayContaining(["calls.open", "calls.settle", "calls.read"]));
  });

  it("with a deposit that comes later, and never too early", async () => {
    const steps = await dyingEverywhere([Account], async (fleet) => {
      await fleet.during(fleet.client.actor(Account).get("a").transferLater("b", 30));
      await fleet.pass(360_000);
      await fleet.heal();
      const [left, arrived] = fleet.events();
      expect([left?.detailType, arrived?.detailType]).toEqual(["Transferred", "Deposited"]);
      expect(Number(arrived?.timeMs) - Number(left?.timeMs)).toBeGreaterThanOrEqual(300_000);
      await expectTransferred(fleet);
    });
    expect(steps).toEqual(expect.arrayContaining(["wakes.send", "wakes.receive", "wakes.delete"]));
  });
});

describe("a turn that throws leaves no trace of what it has caused, wherever the process dies", () => {
  it("as a call", async () => {
    const steps = await dyingEverywhere([Account], async (fleet) => {
      const call = fleet.client.actor(Account).get("a").transferInVain("b", 30);
      await expect(fleet.during(call)).rejects.toThrow("The account is closed.");
      await fleet.heal();
      await expectNothing(fleet);
    });
    expect(steps.filter((step) => step !== "store.readDue")).toEqual(["store.read Account/a"]);
  });

  it("as a message, but for its one dead letter", async () => {
    const steps = await dyingEverywhere([Account], async (fleet) => {
      const { client } = fleet;
      const handle = await fleet.during(client.actor(Account).get("a").start().transferInVain("b", 30));
      const result = handle.result({ timeout: "5m" });
      await expect(fleet.during(result)).rejects.toThrow("The account is closed.");
      await fleet.heal();
      expect(await balances(fleet)).toEqual({ a: 100, b: 0 });
      expect(fleet.events()).toEqual([]);
      expect(await fleet.leftOver()).toEqual({ ...NOTHING, letters: ["TerminalError"] });
    });
    expect(steps).toEqual(expect.arrayContaining(["deadLetters.send", "calls.settle"]));
  });
});

it("a call that was left open gets the result that another turn gives it, wherever the process dies", async () => {
  const steps = await dyingEverywhere([Desk], async (fleet) => {
    const desk = fleet.client.actor(Desk).get("d");
    const handle = await fleet.during(desk.start().request());
    await fleet.pass(120_000);
    await fleet.during(desk.decide("granted"));
    expect(await fleet.during(handle.result({ timeout: "5m" }))).toBe("granted");
    await fleet.heal();
    expect(await fleet.leftOver()).toEqual(NOTHING);
  });
  expect(steps).toEqual(expect.arrayContaining(["calls.open", "calls.settle", "store.release Desk/d"]));
});
