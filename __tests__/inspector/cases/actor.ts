/** One actor: its state as a tree, what is new in it, and what else is stored. */
import type { Page } from "playwright-core";
import { emptyActor } from "../fixture/fake-app";
import type { Open } from "../harness";
import { actorOf } from "./actors";

const line = (page: Page, name: string | RegExp) => page.getByRole("treeitem", { name });

export function testActor(open: Open): void {
  test("shows every kind of value with its type", async () => {
    const { page } = await open("/actor/Order/o-17");
    for (const name of [
      'status: "paid"',
      /^placedAt: \d{4}-\d\d-\d\dT[\d:.]+Z Date/,
      "total: 129.9",
      "isGift: false",
      "coupon: null",
      "note: undefined",
      "invoiceNumber: 90071992547409931n bigint",
      "items: Array(3)",
      "seats: Map(3)",
      /^"12b" →/,
      '7 → "a number for a key"',
      "tags: Set(2)",
      "checksum: de ad be ef 00 01 02 03 Uint8Array(8)",
      "discount: NaN",
      "limit: Infinity",
      '$ref: "an object with one key that looks like a tag"',
    ]) {
      await line(page, name).first().waitFor();
    }
  });

  test("is opened and closed by keyboard", async () => {
    const { page } = await open("/actor/Order/o-17");
    await line(page, "status").waitFor();
    await page.keyboard.press("j");
    for (let step = 0; step < 8; step++) await page.keyboard.press("ArrowDown");
    await page.waitForFunction('document.activeElement.textContent.startsWith("items")');
    await line(page, 'sku: "cable"').waitFor();
    await page.keyboard.press("ArrowLeft");
    await line(page, 'sku: "cable"').waitFor({ state: "detached" });
    expect(await line(page, "items").getAttribute("aria-expanded")).toBe("false");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(`document.activeElement.textContent.startsWith('sku')`);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("*");
    expect(await line(page, "items").getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("End");
    await page.waitForFunction('document.activeElement.textContent.startsWith("markup")');
  });

  test("shows long lists and long texts by parts", async () => {
    const { page } = await open("/actor/Order/o-17");
    await line(page, "history: Array(260)").click();
    await line(page, "99:").waitFor();
    expect(await line(page, "100:").count()).toBe(0);
    await line(page, "Show 160 more of 160").click();
    await line(page, "259:").waitFor();
    const text = line(page, "description");
    expect((await text.textContent())?.length).toBeLessThan(400);
    await text.getByRole("button", { name: "Show all 1,200 characters" }).click();
    expect((await text.textContent())?.length).toBeGreaterThan(1_150);
  });

  test("finds values and names inside", async () => {
    const { page } = await open("/actor/Order/o-17");
    await line(page, "status").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("LAMP");
    await page.getByText("1 found").waitFor();
    await line(page, 'sku: "desk-lamp"').waitFor();
    expect(await line(page, "status").count()).toBe(0);
    await page.getByRole("searchbox").fill("price");
    await page.getByText("263 found").waitFor();
    await page.getByRole("searchbox").fill("no such thing");
    await page.getByText("Nothing in it contains “no such thing”.").waitFor();
  });

  test("copies values, paths, ids and all of it", async () => {
    const { page } = await open("/actor/Order/o-17", { permissions: ["clipboard-read", "clipboard-write"] });
    const clipboard = () => page.evaluate("navigator.clipboard.readText()");
    const copied = async (text: string) =>
      page.waitForFunction(`navigator.clipboard.readText().then((text) => text === ${JSON.stringify(text)})`);
    await line(page, '"12a" →').focus();
    await page.keyboard.press("Shift+Y");
    await copied('this.seats.get("12a")');
    await line(page, 'status: "paid"').focus();
    await page.keyboard.press("y");
    await copied("paid");
    await line(page, "tags: Set(2)").hover();
    await line(page, "tags: Set(2)").getByRole("button", { name: "Copy the value" }).click();
    await copied(JSON.stringify({ $set: ["priority", "first-order"] }, null, 2));
    await page.getByRole("button", { name: "Copy the id" }).click();
    await copied("o-17");
    await page.getByRole("button", { name: "Copy it all as JSON" }).click();
    await page.waitForFunction('navigator.clipboard.readText().then((text) => text.startsWith("{"))');
    expect(JSON.parse(String(await clipboard()))).toMatchObject({
      invoiceNumber: { $bigint: "90071992547409931" },
    });
  });

  test("shows the state as it is stored", async () => {
    const { page } = await open("/actor/Order/o-17");
    await page.getByRole("radio", { name: "JSON" }).check();
    const json = page.getByRole("region", { name: "State as JSON" });
    expect(JSON.parse(String(await json.textContent()))).toMatchObject({
      tags: { $set: ["priority", "first-order"] },
    });
  });

  test("follows what happens without a reload: state, version, turns", async () => {
    const { page, app } = await open("/actor/Counter/room-1");
    await line(page, "count: 0").waitFor();
    await page.evaluate("window.isSamePage = true");
    app.commit(actorOf(app, "Counter/room-1"), { count: 7, since: "now" }, { method: "add" });
    await line(page, "count: 7 was 0").waitFor();
    await line(page, 'since: "now" new').waitFor();
    await page.getByText("2 changes since version 1").waitFor();
    await page.getByRole("region", { name: "Latest turns" }).getByText("add()").waitFor();
    await page.getByRole("tab", { name: "Turns" }).click();
    await page.getByRole("list", { name: "Turns of the actor" }).getByText("add()").waitFor();
    expect(await page.evaluate("window.isSamePage")).toBe(true);
    await page.getByRole("tab", { name: "State" }).click();
    await page.getByRole("button", { name: "Forget the changes" }).click();
    await line(page, "count: 7").waitFor();
    expect(await page.getByText("was 0").count()).toBe(0);
  });

  test("marks what is new since the last look, also in what is closed", async () => {
    const { page, app, goTo } = await open("/actor/Order/o-17");
    await line(page, "items: Array(3)").click();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Order", exact: true }).waitFor();
    const order = actorOf(app, "Order/o-17");
    const { items, ...state } = order.state as { items: { price: number }[] };
    app.commit(order, { ...state, items: items.map((item) => ({ ...item, price: 1 })) });
    await goTo("/actor/Order/o-17");
    await page.getByText("3 changes since version 41").waitFor();
    await line(page, "price: 1 was 14.5").waitFor();
    await line(page, "items: Array(3)").click();
    await line(page, "items: Array(3)").getByText("changed inside").waitFor();
  });

  test("counts a lease down, and loads what comes of it", async () => {
    const view = { ...emptyActor("Counter", "room-1"), version: 1, state: { count: 1 } };
    const { page, app } = await open("/actor/Counter/room-1", {
      isEmpty: true,
      prepare: ({ actors }) => {
        actors.set("Counter/room-1", { ...view, lease: { id: "held", untilMs: Date.now() + 60_000 } });
      },
    });
    await page.getByText(/^held, 5\d s left/).waitFor();
    app.actors.set("Counter/room-1", view);
    await page.getByText("free", { exact: true }).waitFor();
  });

  test("shows reminders with when and how often", async () => {
    const { page } = await open("/actor/Order/o-17?tab=reminders");
    const row = (name: string) => page.getByRole("button", { name: `Reminder ${name}` });
    await row("thanks").getByText('thank("by mail", 2026-12-01T09:00:00.000Z)').waitFor();
    await row("dunning").getByText("failed 2×").waitFor();
    await row("heartbeat").getByText("every 5 m").waitFor();
    await row("report").click();
    await page.getByText("Europe/Berlin").waitFor();
    await page.getByText("none, when more than a minute late").waitFor();
  });

  test("shows effects by their kind, and applied calls with what they were answered", async () => {
    const { page } = await open("/actor/Order/o-17?tab=outbox");
    await page.getByRole("region", { name: "Messages" }).getByText("Account/shop deposit(129.9)").waitFor();
    await page.getByRole("region", { name: "Events" }).getByRole("button").click();
    await line(page, 'orderId: "o-17"').waitFor();
    await page.getByRole("region", { name: "Results of tracked calls" }).getByText("succeeded").waitFor();
    await page.keyboard.press("5");
    for (const word of ["answered", "failed", "left open", "checkpoint", "applied"]) {
      await page
        .getByRole("button", { name: new RegExp(`^Call .*, ${word}$`) })
        .first()
        .waitFor();
    }
    await page.getByRole("button", { name: /, failed$/ }).click();
    await line(page, 'code: "InsufficientFunds"').waitFor();
    await page.getByText("Older calls are beside the head").waitFor();
  });

  test("warns of what cannot be read, and of a message that fails", async () => {
    const { page, goTo } = await open("/actor/Account/acc-0003");
    const warning = page.getByRole("region", { name: "What cannot be read" });
    await warning.getByText("2 fields of this actor cannot be read").waitFor();
    await warning.getByText('unknown tag "$money"').waitFor();
    await page.getByRole("heading", { name: "The state cannot be read" }).waitFor();
    await goTo("/actor/Order/o-17");
    const failing = page.getByRole("region", { name: "The message that failed last" });
    await failing.getByText("A message was given up: it is a dead letter").waitFor();
    await failing.getByRole("link", { name: "Dead letters of Order" }).click();
    await page.getByRole("heading", { name: "Dead letters" }).waitFor();
  });
}
