/** When the stream breaks, the server goes, requests fail, code does not build. */
import { until } from "../../support/fake-clock";
import type { Open } from "../harness";
import { actorOf } from "./actors";

export function testConnection(open: Open): void {
  test("takes up a stream that broke, and shows what happened meanwhile", async () => {
    const { page, app, server } = await open("/turns", { isEmpty: true });
    await page.getByText("Live", { exact: true }).waitFor();
    await until(() => server.streamCount === 1);
    server.failing.set("live", 503);
    server.breakStreams();
    await page.getByText("Reconnecting").waitFor();
    // The browser itself tries once more, and gives up when it is refused.
    await until(() => server.requests.filter((request) => request === "GET live").length === 2);
    app.turn({ method: "meanwhile" });
    server.failing.clear();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("meanwhile()").waitFor();
    app.turn({ method: "afterwards" });
    await page.getByText("afterwards()").waitFor();
    expect(await page.getByText("meanwhile()").count()).toBe(1);
    expect(server.streamCount).toBe(1);
  });

  test("says when the app is gone, and goes on by itself when it is back", async () => {
    const { page, app, server } = await open("/actor/Counter/room-1");
    await page.getByRole("treeitem", { name: "count: 0" }).waitFor();
    await server.stop();
    await page
      .getByRole("alert")
      .getByText("The app is not running. Start it: npx durable-lambda dev")
      .waitFor();
    await page.getByText("Not running", { exact: true }).waitFor();
    app.commit(actorOf(app, "Counter/room-1"), { count: 12 });
    await server.start();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.getByRole("treeitem", { name: "count: 12" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("forgets the turns of an app that began anew", async () => {
    const { page, app, server } = await open("/turns");
    await page
      .getByRole("link", { name: /^Counter/ })
      .first()
      .waitFor();
    await server.stop();
    await page.getByText("The app is not running").waitFor();
    app.turns.length = 0;
    app.turn({ method: "anew" });
    await server.start();
    await page.getByText("anew()").waitFor();
    expect(await page.getByRole("list", { name: "Turns", exact: true }).getByRole("listitem").count()).toBe(
      1,
    );
  });

  test("shows what failed to load, and loads it when asked", async () => {
    const { page, server } = await open("/actors", {
      prepare: (_app, prepared) => void prepared.failing.set("actors", 503),
    });
    const failure = page.getByRole("alert");
    await failure.getByText("StoreUnavailable The store did not answer: read timed out.").waitFor();
    server.failing.clear();
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "Account acc-0000" }).waitFor();
  });

  test("keeps what it had when it cannot be loaded anew", async () => {
    // One without turns: it is not loaded again by itself.
    const { page, server } = await open("/actor/Counter/room-41");
    await page.getByRole("treeitem", { name: "count: 40" }).waitFor();
    server.failing.set("actor", 500);
    await page.keyboard.press("r");
    await page.getByText("This is as it was before: StoreUnavailable").waitFor();
    await page.getByRole("treeitem", { name: "count: 40" }).waitFor();
    server.failing.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("This is as it was before").waitFor({ state: "detached" });
  });

  test.each([
    ["/turns", "turns", "The turns could not be loaded"],
    ["/events", "events", "The events could not be loaded"],
    ["/dead-letters", "dead-letters", "The dead letters could not be loaded"],
    // One without turns.
    ["/actor/Counter/room-3500", "actor", "The actor could not be loaded"],
  ])("%s fails and recovers", async (hash, path, title) => {
    const { page, server } = await open(hash, {
      prepare: (_app, prepared) => void prepared.failing.set(path, 500),
    });
    await page.getByRole("heading", { name: title }).waitFor();
    server.failing.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: title }).waitFor({ state: "detached" });
  });

  test("shows why the code does not build, until it does", async () => {
    const { page, app } = await open("/actors/Counter");
    await page.getByText("Ready", { exact: true }).waitFor();
    app.setBuild({
      state: "failed",
      sinceMs: 1,
      problems: [
        {
          message: 'Expected ";"',
          file: "src/order.ts",
          line: 41,
          column: 4,
          text: "    retrun this.total;",
        },
        { message: "The entry exports no handler." },
      ],
    });
    const panel = page.getByRole("alert", { name: "The build failed" });
    await panel.getByText("2 problems").waitFor();
    await panel.getByText("src/order.ts:41:4").waitFor();
    await panel.getByText("retrun this.total;").waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Counter", exact: true }).waitFor();
    await page.getByRole("button", { name: "Build failed" }).click();
    await panel.waitFor();
    app.setBuild({ state: "building", sinceMs: 2 });
    await page.getByText("Building", { exact: true }).waitFor();
    await panel.waitFor({ state: "detached" });
    app.setBuild({ state: "ready", sinceMs: 3 });
    await page.getByText("Ready", { exact: true }).waitFor();
  });

  test("shows how much waits in the queues as it changes", async () => {
    const { page, app } = await open("/actors");
    const depth = (name: string) => page.getByRole("term").filter({ hasText: name }).locator("xpath=..");
    await depth("Messages").getByText("0").waitFor();
    app.depths = { ...app.depths, messages: { ready: 1_234, inFlight: 10, delayed: 0 } };
    app.tell("queues", app.queues());
    await depth("Messages").getByText("1,234 +10 in flight").waitFor();
    await depth("Dead").getByText("5").waitFor();
  });
}
