/** All turns, as they happen. */
import { until } from "../../support/fake-clock";
import type { Open } from "../harness";

export function testTurns(open: Open): void {
  test("shows each turn as it ends: what, how it ended, where the time went", async () => {
    const { page, app } = await open("/turns", { isEmpty: true });
    await page.getByRole("heading", { name: "No turns yet" }).waitFor();
    app.turn({
      actor: "Order",
      actorId: "a/b",
      method: "pay",
      waitedMs: 3,
      loadedMs: 6,
      ranMs: 2,
      committedMs: 7,
    });
    await page.getByRole("link", { name: "Order/a/b pay, committed" }).waitFor();
    await page.getByRole("img", { name: "waited 3 ms, loaded 6 ms, ran 2 ms, committed 7 ms" }).waitFor();
    await page.getByRole("img", { name: "1 turn in the last 1 m, 0 of them failed or lost" }).waitFor();
    app.turn({ method: "fail", outcome: "failed", code: "RangeError", message: "It is too much." });
    await page.getByText("RangeError It is too much.").waitFor();
    const names = await page
      .getByRole("list", { name: "Turns", exact: true })
      .getByRole("link")
      .allInnerTexts();
    expect(names.map((name) => name.replaceAll("\n", ""))).toEqual([
      "Counter/room-1.fail()",
      "Order/a/b.pay()",
    ]);
  });

  test("leads to the actor, and shows details", async () => {
    const { page, app } = await open("/turns", { isEmpty: true });
    app.turn({ actorId: "room-1", method: "add", callId: "my-call", kind: "reminder", reminder: "nightly" });
    const link = page.getByRole("link", { name: "Counter/room-1 add, committed" });
    await link.waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("ArrowRight");
    await page.getByText("my-call").waitFor();
    await page.getByText("reminder “nightly”").waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("my-call").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Counter room-1" }).waitFor();
  });

  test("is narrowed by type, method and outcome, and says so in its address", async () => {
    const { page, goTo } = await open("/turns");
    await page.getByRole("combobox", { name: "Type" }).selectOption("Order");
    await page.getByRole("combobox", { name: "Method" }).selectOption("pay");
    await page.getByRole("button", { name: /^lost/ }).click();
    await page.waitForFunction('location.hash === "#/turns?type=Order&method=pay&outcome=lost"');
    const rows = page.getByRole("list", { name: "Turns", exact: true }).getByRole("link");
    await rows.first().waitFor();
    for (const row of await rows.all())
      expect(await row.getAttribute("aria-label")).toMatch(/^Order\/o-\d+ pay, lost$/);
    await goTo("/turns?type=Order&method=none");
    await page.getByRole("heading", { name: "No turn is like that" }).waitFor();
    await page.getByRole("button", { name: "Show all turns" }).click();
    await page
      .getByRole("link", { name: /^Counter/ })
      .first()
      .waitFor();
  });

  test("stands still while it is paused, and catches up", async () => {
    const { page, app } = await open("/turns", { isEmpty: true });
    app.turn({ method: "before" });
    await page.getByText("before()").waitFor();
    await page.keyboard.press("p");
    app.turn({ method: "during" });
    await page.getByText("Paused · 1 new").waitFor();
    expect(await page.getByText("during()").count()).toBe(0);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("during()").waitFor();
  });

  test("keeps the newest 2,000", async () => {
    const { page, app } = await open("/turns", { isEmpty: true });
    await page.getByRole("heading", { name: "No turns yet" }).waitFor();
    for (let count = 1; count <= 2_500; count++) app.turn({ method: `m${count}` });
    await page.getByText("m2500()").waitFor();
    await page.locator(".title-count").getByText("2,000", { exact: true }).waitFor();
    const rows = page.getByRole("list", { name: "Turns", exact: true }).getByRole("listitem");
    expect(await rows.count()).toBe(100);
    await rows.last().scrollIntoViewIfNeeded();
    await until(async () => (await rows.count()) > 100);
  });
}
