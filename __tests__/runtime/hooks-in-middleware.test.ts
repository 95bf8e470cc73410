/** Hooks are part of the turn that middleware runs around: what it sees of them, and what becomes of them when it does not go on. */
import { Actor, DurableActor, Method, type Middleware, Transient } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";

let told: string[];
let between: Middleware;

@Actor({ expireAfter: "1h" })
class Lodger extends DurableActor {
  nights: string[] = [];
  @Transient hears = (what: string) => told.push(what);

  override onCreate(): void {
    this.hears("onCreate");
  }
  override async onActivate(): Promise<void> {
    await Promise.resolve();
    this.hears("onActivate");
  }
  override onDestroy(): void {
    this.hears("onDestroy");
    this.nights.push("changed after the result");
    this.ctx.emit("Left", { nights: this.nights.length });
  }
  @Method stay(night: string): string[] {
    this.hears("stay");
    this.nights.push(night);
    return this.nights;
  }
  @Method leave(): string[] {
    this.ctx.destroy();
    return this.nights;
  }
  @Method({ readonly: true }) all(): string[] {
    return this.nights;
  }
}

let app: TestApp;
const lodger = () => app.client.actor(Lodger).get("l");

beforeEach(() => {
  told = [];
  between = (_call, next) => next();
  const around: Middleware = async (call, next) => {
    told.push(`before ${call.method} (${call.mode})`);
    const value = await between(call, next);
    told.push(`after ${call.method}`);
    return value;
  };
  app = createTestApp([Lodger], { use: [around] });
});
afterEach(() => app.close());

it("runs around the hook that comes first, and around the one that comes last", async () => {
  await lodger().stay("Monday");
  await lodger().stay("Tuesday");
  app.crash();
  await app.clock.advance("1m");
  await lodger().leave();
  expect(told).toEqual([
    "before stay (call)",
    "onCreate",
    "stay",
    "after stay",
    "before stay (call)",
    "stay",
    "after stay",
    "before leave (call)",
    "onActivate",
    "onDestroy",
    "after leave",
  ]);
});

it("gets the method's result, and the caller has it as it was before onDestroy changed its parts", async () => {
  await lodger().stay("Monday");
  expect(await lodger().leave()).toEqual(["Monday"]);
  await lodger().stay("Monday");
  between = async (_call, next) => [...((await next()) as string[]), "by the middleware"];
  expect(await lodger().leave()).toEqual(["Monday", "changed after the result", "by the middleware"]);
});

it("keeps an actor from being created, and from being loaded, when it does not go on", async () => {
  between = () => ["instead"];
  expect(await lodger().stay("Monday")).toEqual(["instead"]);
  expect(await lodger().all()).toEqual(["instead"]);
  between = (_call, next) => next();
  expect(await lodger().stay("Tuesday")).toEqual(["Tuesday"]);
  expect(told.filter((what) => what.startsWith("on"))).toEqual(["onCreate"]);
});

it("runs around the end of an actor that has expired, and may put it off", async () => {
  await lodger().stay("Monday");
  told.length = 0;
  between = () => undefined;
  await app.clock.advance("61m");
  expect(told).toEqual(["before onDestroy (expiry)", "after onDestroy"]);
  expect(await lodger().all()).toBeUndefined();
  between = (_call, next) => next();
  expect(await lodger().all()).toEqual(["Monday"]);
  told.length = 0;
  await app.clock.advance("1h");
  expect(told).toEqual(["before onDestroy (expiry)", "onActivate", "onDestroy", "after onDestroy"]);
  expect(await lodger().all()).toEqual([]);
  expect(app.events.map(({ detailType }) => detailType)).toEqual(["Left"]);
});
