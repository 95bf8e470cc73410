/**
 * Turns that call other actors and wait for them: what they call is committed by itself, so a turn that is run again must get
 * the first answers. The process dies before or after each request that it makes, at another one in each run.
 */
import { Actor, DurableActor, Method } from "durable-lambda";
import { keyedCallId } from "../../lib/call-id";
import { dyingAt, dyingEverywhere, dyingTwice, type Scenario } from "../support/crash-points";
import { FakeClock } from "../support/fake-clock";
import { type Fleet, NOTHING } from "../support/fleet";

@Actor
class Account extends DurableActor {
  balance = this.ctx.actorId === "a" ? 100 : 0;
  visits = 0;

  /** Changes something: a call that does not need not be known later. */
  @Method visit(): number {
    return ++this.visits;
  }

  @Method withdraw(amount: number): number {
    this.balance -= amount;
    return this.balance;
  }

  @Method deposit(amount: number): number {
    this.balance += amount;
    this.ctx.emit("Deposited", { amount });
    return this.balance;
  }

  @Method({ readonly: true }) value(): number {
    return this.balance;
  }
}

@Actor
class Bank extends DurableActor {
  moves: string[] = [];

  /** Returns what is left and what has become of it, as the accounts said. */
  @Method async move(from: string, to: string, amount: number): Promise<number[]> {
    const accounts = this.ctx.actor(Account);
    const left = await accounts.get(from).withdraw(amount);
    const sum = await accounts.get(to).deposit(amount);
    return this.moved(from, to, [left, sum]);
  }

  @Method moveLater(from: string, to: string, amount: number): void {
    this.ctx.remind("move", { in: "10s" }, "move", from, to, amount);
  }

  /** Looks before and after. */
  @Method async moveWithCare(from: string, to: string, amount: number): Promise<number[]> {
    const [source, target] = [from, to].map((id) => this.ctx.actor(Account).get(id));
    if (source === undefined || target === undefined) return [];
    if ((await source.value()) < amount) throw new Error("There is not enough.");
    const left = await source.withdraw(amount);
    if ((await source.value()) !== left) throw new Error("Somebody else has moved something.");
    const sum = await target.deposit(amount);
    if ((await target.value()) !== sum) throw new Error("Somebody else has moved something.");
    return this.moved(from, to, [left, sum]);
  }

  /** Does not wait for one before it begins the other. */
  @Method async moveAtOnce(from: string, to: string, amount: number): Promise<number[]> {
    const accounts = this.ctx.actor(Account);
    const both = await Promise.all([accounts.get(from).withdraw(amount), accounts.get(to).deposit(amount)]);
    return this.moved(from, to, both);
  }

  /** Makes the same call again and again. */
  @Method async withdraw(from: string, amount: number, times: number): Promise<number[]> {
    const results: number[] = [];
    for (let time = 0; time < times; time++) {
      results.push(await this.ctx.actor(Account).get(from).withdraw(amount));
    }
    return results;
  }

  /** What it asks for depends on what it finds. */
  @Method async withdrawMuch(from: string): Promise<number> {
    const account = this.ctx.actor(Account).get(from);
    const left = await account.withdraw((await account.value()) >= 100 ? 30 : 10);
    this.moves.push(from);
    return left;
  }

  @Method({ readonly: true }) all(): string[] {
    return this.moves;
  }

  private moved(from: string, to: string, results: number[]): number[] {
    this.moves.push(`${from} → ${to}`);
    this.ctx.emit("Moved", { from, to });
    return results;
  }
}

/** Has the bank move money: two levels of calls. */
@Actor
class Customer extends DurableActor {
  @Method async pay(to: string, amount: number): Promise<number[]> {
    return this.ctx.actor(Bank).get("bank").move("a", to, amount);
  }
}

@Actor
class Log extends DurableActor {
  ticks = 0;

  @Method tick(): number {
    return ++this.ticks;
  }

  @Method({ readonly: true }) value(): number {
    return this.ticks;
  }
}

/** Saves a checkpoint after each page. */
@Actor
class Importer extends DurableActor {
  page = 0;
  seen: number[] = [];

  @Method async run(pages: number): Promise<number[]> {
    while (this.page < pages) {
      this.seen.push(await this.ctx.actor(Log).get("l").tick());
      this.page++;
      this.ctx.emit("Imported", { page: this.page });
      await this.ctx.save();
    }
    return this.seen;
  }

  @Method runLater(pages: number): void {
    this.ctx.remind("run", { in: "10s" }, "run", pages);
  }

  @Method({ readonly: true }) all(): number[] {
    return this.seen;
  }
}

const BANK = [Account, Bank, Customer];
const IMPORT = [Importer, Log];

async function expectMoved(fleet: Fleet): Promise<void> {
  const { witness } = fleet;
  const accounts = witness.actor(Account);
  expect([await accounts.get("a").value(), await accounts.get("b").value()]).toEqual([70, 30]);
  expect(await witness.actor(Bank).get("bank").all()).toEqual(["a → b"]);
  expect(
    fleet
      .events()
      .map(({ detailType }) => detailType)
      .sort(),
  ).toEqual(["Deposited", "Moved"]);
  expect(await fleet.leftOver()).toEqual(NOTHING);
}

/** So many other calls that the record of any call before has left the account's head. */
async function keepBusy({ witness, local }: Fleet, id: string): Promise<void> {
  const account = witness.actor(Account).get(id);
  for (let batch = 0; batch < 2; batch++) {
    await Promise.all(Array.from({ length: 40 }, () => account.visit()));
  }
  const head = await local.store.read({ type: "Account", id }, { consistent: true });
  expect(head?.spilled).toBe(true);
}

type Move = "move" | "moveWithCare" | "moveAtOnce";

/** By a call that its client tries again. */
function moving(method: Move): Scenario {
  return async (fleet) => {
    const bank = fleet.client.actor(Bank).get("bank", { timeoutMs: 120_000 });
    expect(await fleet.during(bank[method]("a", "b", 30))).toEqual([70, 30]);
    await fleet.heal();
    await expectMoved(fleet);
  };
}

describe("money that a turn moves by calls of two actors is moved once, wherever the process dies", () => {
  it("when the client tries again with the id that it made", async () => {
    const steps = await dyingEverywhere(BANK, moving("move"));
    // The bank takes its lease before anybody can see what its turn does; the accounts need none for theirs.
    expect(steps.filter((step) => /^store.*\//.test(step))).toEqual([
      "store.read Bank/bank",
      "store.acquire Bank/bank",
      "store.read Account/a",
      "store.commit Account/a",
      "store.read Account/b",
      "store.commit Account/b",
      "store.release Account/b",
      "store.commit Bank/bank",
      "store.release Bank/bank",
    ]);
  });

  it("and where the process that takes over dies as well", async () => {
    expect(await dyingTwice(BANK, moving("move"), { each: 4, seed: 20_261_201 })).toBeGreaterThan(120);
  });

  it.each([
    ["a key of the caller's", { callId: keyedCallId({ type: "Bank", id: "bank" }, "order-17") }],
    ["the id that was made for it", { callId: "order-0000000017", sentAtMs: new FakeClock().now() }],
  ])("when it is called again after many other calls of the accounts, with %s", async (_what, identity) => {
    const steps = await dyingEverywhere(BANK, async (fleet) => {
      const call = { actor: "Bank", id: "bank", method: "move", args: ["a", "b", 30], ...identity };
      await fleet.attempt(call).catch(() => {});
      await fleet.heal();
      for (const id of ["a", "b"]) await keepBusy(fleet, id);
      const again = await fleet.insist({ ...call, attempt: 2 });
      expect(again).toMatchObject({ ok: true, result: [70, 30] });
      await fleet.heal();
      await expectMoved(fleet);
    });
    expect(steps.length).toBeGreaterThan(20);
  });

  it("when a reminder asks for it again after many other calls of the account", async () => {
    await dyingAt(BANK, [{ step: "store.commit Account/a", moment: "after" }], async (fleet) => {
      await fleet.during(fleet.client.actor(Bank).get("bank").moveLater("a", "b", 30));
      await fleet.pass(10_000);
      await keepBusy(fleet, "a");
      await fleet.heal();
      await expectMoved(fleet);
    });
  });

  it("when it is asked for by a message", async () => {
    const steps = await dyingEverywhere(BANK, async (fleet) => {
      const handle = await fleet.during(fleet.client.actor(Bank).get("bank").start().move("a", "b", 30));
      expect(await fleet.during(handle.result({ timeout: "5m" }))).toEqual([70, 30]);
      await fleet.heal();
      await expectMoved(fleet);
    });
    expect(steps).toEqual(expect.arrayContaining(["messages.receive", "calls.settle", "messages.delete"]));
  });

  it("when the turn looks at the accounts before and after", async () => {
    const steps = await dyingEverywhere(BANK, moving("moveWithCare"));
    expect(steps.filter((step) => /^store\.(read|commit) Account/.test(step))).toEqual([
      // A look, and the turn's own.
      "store.read Account/a",
      "store.read Account/a",
      "store.commit Account/a",
      "store.read Account/a",
      "store.read Account/b",
      "store.commit Account/b",
      "store.read Account/b",
    ]);
  });

  it("when the turn makes both calls at once", async () => {
    const steps = await dyingEverywhere(BANK, moving("moveAtOnce"));
    expect(steps.filter((step) => step.startsWith("store.") && step.includes("Account/"))).toEqual([
      "store.read Account/a",
      "store.read Account/b",
      "store.commit Account/a",
      "store.commit Account/b",
      "store.release Account/b",
    ]);
  });

  it("when the turn that moves it was called by another one", async () => {
    const steps = await dyingEverywhere(BANK, async (fleet) => {
      const customer = fleet.client.actor(Customer).get("c");
      expect(await fleet.during(customer.pay("b", 30))).toEqual([70, 30]);
      await fleet.heal();
      await expectMoved(fleet);
    });
    expect(steps).toContain("store.commit Customer/c");
  });
});

describe("calls of a turn that is run again", () => {
  it("are told apart when they ask the same of the same actor", async () => {
    const steps = await dyingEverywhere(BANK, async (fleet) => {
      const bank = fleet.client.actor(Bank).get("bank");
      expect(await fleet.during(bank.withdraw("a", 10, 3))).toEqual([90, 80, 70]);
      await fleet.heal();
      expect(await fleet.witness.actor(Account).get("a").value()).toBe(70);
      expect(await fleet.leftOver()).toEqual(NOTHING);
    });
    expect(steps.filter((step) => step === "store.commit Account/a")).toHaveLength(3);
  });

  it("are new ones when the turn takes another path, since it finds something else", async () => {
    const results: unknown[] = [];
    await dyingEverywhere(BANK, async (fleet) => {
      const left = await fleet.during(fleet.client.actor(Bank).get("bank").withdrawMuch("a"));
      await fleet.heal();
      const applied = fleet.processes[0]?.applied;
      const isHalfDone = applied?.has("store.commit Account/a") && !applied.has("store.commit Bank/bank");
      // 30 by the first run and 10 by the second: it is not told that its 10 are the 30 of before.
      expect(left).toBe(isHalfDone ? 60 : 70);
      expect(await fleet.witness.actor(Account).get("a").value()).toBe(left);
      expect(await fleet.leftOver()).toEqual(NOTHING);
      results.push(left);
    });
    // After the account's commit, and before the bank's.
    expect(results.filter((left) => left === 60)).toHaveLength(2);
    expect(results.length).toBeGreaterThan(15);
  });
});

describe("a turn that saves a checkpoint after each call makes each of them once, wherever the process dies", () => {
  const numbers = (to: number) => Array.from({ length: to }, (_, index) => index + 1);

  async function expectImported(fleet: Fleet, pages: number): Promise<void> {
    expect(await fleet.witness.actor(Importer).get("i").all()).toEqual(numbers(pages));
    expect(await fleet.witness.actor(Log).get("l").value()).toBe(pages);
    expect(fleet.events().map(({ detail }) => (detail as { page: number }).page)).toEqual(numbers(pages));
    expect(await fleet.leftOver()).toEqual(NOTHING);
  }

  function importing(pages: number, idempotencyKey?: string): Scenario {
    return async (fleet) => {
      const options = { timeoutMs: 120_000, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
      const importer = fleet.client.actor(Importer).get("i", options);
      expect(await fleet.during(importer.run(pages))).toEqual(numbers(pages));
      await fleet.heal();
      await expectImported(fleet, pages);
    };
  }

  it.each([
    ["that was made for it", undefined],
    ["that the caller chose", "import-3"],
  ])("when the client tries again with an id %s", async (_whose, key) => {
    const steps = await dyingEverywhere(IMPORT, importing(3, key));
    expect(steps.filter((step) => step === "store.commit Importer/i").length).toBeGreaterThanOrEqual(3);
  });

  it("and where the process that takes over dies as well", async () => {
    expect(await dyingTwice(IMPORT, importing(3), { each: 3, seed: 20_261_202 })).toBeGreaterThan(100);
  });

  it("when it is asked for by a message", async () => {
    const steps = await dyingEverywhere(IMPORT, async (fleet) => {
      await fleet.during(fleet.client.actor(Importer).get("i").send().run(3));
      await fleet.heal();
      await expectImported(fleet, 3);
    });
    expect(steps).toEqual(expect.arrayContaining(["messages.receive", "messages.delete"]));
  });

  it("when it is asked for by a reminder", async () => {
    const steps = await dyingEverywhere(IMPORT, async (fleet) => {
      await fleet.during(fleet.client.actor(Importer).get("i").runLater(3));
      await fleet.heal();
      await expectImported(fleet, 3);
    });
    expect(steps).toEqual(expect.arrayContaining(["wakes.send", "wakes.receive", "wakes.delete"]));
  });

  it("when it has saved so often that its own record has left the head", async () => {
    const scenario = importing(34);
    const { first: steps } = await dyingAt(IMPORT, [], scenario);
    const spilled = steps.indexOf("store.writeParts Importer/i");
    expect(spilled).toBeGreaterThan(0);
    for (let step = spilled - 6; step < spilled + 10; step++) {
      await dyingAt(IMPORT, [{ step, moment: "before" }], scenario);
      await dyingAt(IMPORT, [{ step, moment: "after" }], scenario);
    }
  });
});
