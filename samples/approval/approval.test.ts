/** Three days of waiting for a person, in milliseconds. */
import { type CallHandle, MethodError } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Approval, type Approved } from "./approval";

let app: TestApp;

beforeEach(() => {
  app = createTestApp([Approval]);
});
afterEach(() => app.close());

const approval = () => app.client.actor(Approval).get("laptop");

async function request(): Promise<CallHandle<Approved>> {
  const handle = await approval().start().request("A laptop for ann");
  await app.settled();
  return handle;
}

const news = () => app.events.map(({ detailType }) => detailType);

test("a request stays open until it is approved, and the caller gets who and when", async () => {
  const handle = await request();
  await app.clock.advance("6h");
  expect(await handle.status()).toMatchObject({ status: "pending" });
  await approval().approve("bob");
  expect(await handle.result()).toEqual({ by: "bob", at: new Date("2030-01-01T06:00:00Z") });
  await app.clock.advance("30d");
  expect(news()).toEqual([]);
  expect(await approval().state()).toBe("approved");
});

test("a request that is rejected fails, with who and why", async () => {
  const handle = await request();
  await approval().reject("bob", "too dear");
  const failure = handle.result();
  await expect(failure).rejects.toBeInstanceOf(MethodError);
  await expect(failure).rejects.toMatchObject({ code: "Rejected", by: "bob", reason: "too dear" });
  expect(await handle.status()).toMatchObject({ status: "failed" });
});

test("a request escalates after a day, and can still be approved", async () => {
  const handle = await request();
  await app.clock.advance("23h");
  expect(news()).toEqual([]);
  await app.clock.advance("2h");
  expect(news()).toEqual(["ApprovalEscalated"]);
  expect(app.events[0]?.detail).toMatchObject({ requestId: "laptop", subject: "A laptop for ann" });
  await approval().approve("cleo");
  expect(await handle.result()).toMatchObject({ by: "cleo" });
});

test("a request that nobody decides on is rejected after three days", async () => {
  const handle = await request();
  await app.clock.advance("71h");
  expect(await handle.status()).toMatchObject({ status: "pending" });
  await app.clock.advance("2h");
  await expect(handle.result()).rejects.toMatchObject({
    code: "Rejected",
    message: "Rejected: nobody decided in 3 days",
  });
  expect(await approval().state()).toBe("expired");
  expect(news()).toEqual(["ApprovalEscalated"]);
});

test.each([
  ["approved", () => approval().approve("bob")],
  ["rejected", () => approval().reject("bob", "too dear")],
  ["expired", () => app.clock.advance("4d")],
])("a request that is %s cannot be decided on again", async (status, decide) => {
  await request();
  await decide();
  const refused = { code: "AlreadyDecided", status };
  await expect(approval().approve("eve")).rejects.toMatchObject(refused);
  await expect(approval().reject("eve", "no")).rejects.toMatchObject(refused);
  expect(await approval().state()).toBe(status);
});

test("of two people who decide at the same time, one is first", async () => {
  const handle = await request();
  const decisions = await Promise.allSettled([approval().approve("bob"), approval().approve("eve")]);
  const refused = decisions.filter((decision) => decision.status === "rejected");
  expect(refused).toEqual([
    { status: "rejected", reason: expect.objectContaining({ code: "AlreadyDecided" }) },
  ]);
  expect((await handle.result()).by).toBe(decisions[0]?.status === "fulfilled" ? "bob" : "eve");
});

test("what was not requested cannot be decided on, and nothing is requested twice", async () => {
  await expect(approval().approve("bob")).rejects.toMatchObject({ code: "TerminalError" });
  const first = await request();
  const second = await request();
  await expect(second.result()).rejects.toMatchObject({ code: "TerminalError" });
  await approval().approve("bob");
  expect(await first.result()).toMatchObject({ by: "bob" });
});

test("only a call that is started can stay open", async () => {
  await expect(approval().request("A laptop for ann")).rejects.toMatchObject({ code: "NotTracked" });
  expect(await approval().state()).toBe("new");
});

test("a process that dies loses no request, no decision and no reminder", async () => {
  const handle = await approval().start().request("A laptop for ann");
  app.crash(); // while the request is on its way
  await app.clock.advance("1h");
  expect(await approval().state()).toBe("open");
  app.crash(); // while it waits
  await app.clock.advance("24h");
  expect(news()).toEqual(["ApprovalEscalated"]);
  const approved = approval().approve("bob");
  app.crash(); // in the middle of the decision
  await approved; // The client has called again.
  expect(await handle.result()).toMatchObject({ by: "bob" });
  await app.clock.advance("7d");
  expect(news()).toEqual(["ApprovalEscalated"]);
});
