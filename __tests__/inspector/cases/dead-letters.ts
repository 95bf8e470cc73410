/** Dead letters, and what is done with them. */
import type { Open } from "../harness";

export function testDeadLetters(open: Open): void {
  test("shows why each is dead: code, message, attempts, stack and the message itself", async () => {
    const { page } = await open("/dead-letters");
    const letters = page.getByRole("list", { name: "Letters of Order/o-17" });
    await letters.getByRole("button", { name: /^MethodError in cancel/ }).click();
    await letters.getByText("3 attempts").first().waitFor();
    await page
      .getByRole("region", { name: "Stack" })
      .getByText("at Order.pay (src/order.ts:41:13)")
      .waitFor();
    await page.getByRole("treeitem", { name: 'callId: "letter-call-3"' }).waitFor();
    await page.getByRole("link", { name: "Order / o-17" }).click();
    await page.getByRole("heading", { name: "Order o-17" }).waitFor();
  });

  test("redrives one, and says so", async () => {
    const { page, app, server } = await open("/dead-letters");
    const row = page.getByRole("listitem").filter({ hasText: "cancel()" });
    await row.getByRole("button", { name: "Redrive" }).click();
    await page.getByRole("status").getByText("1 letter sent back").waitFor();
    await row.waitFor({ state: "detached" });
    expect(app.letters.map(({ messageId }) => messageId)).toEqual([
      "message-1",
      "message-2",
      "message-4",
      "message-5",
    ]);
    expect(server.requests).toContain("POST dead-letters/redrive");
    await page.getByRole("link", { name: "Dead letters 4" }).waitFor();
  });

  test("redrives all of an actor", async () => {
    const { page, app } = await open("/dead-letters?type=Order");
    await page
      .getByRole("region", { name: "Dead letters of Order/o-17" })
      .getByRole("button", { name: "Redrive all" })
      .click();
    await page.getByRole("status").getByText("3 letters sent back").waitFor();
    await page.getByRole("region", { name: "Dead letters of Order/o-17" }).waitFor({ state: "detached" });
    expect(app.letters).toHaveLength(2);
  });

  test("asks before it discards", async () => {
    const { page, app, server } = await open("/dead-letters");
    const group = page.getByRole("region", { name: "Dead letters of Order/o-17" });
    await group.getByRole("button", { name: "Discard all" }).click();
    const dialog = page.getByRole("dialog", { name: "Discard 3 letters?" });
    await dialog.waitFor();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    expect(app.letters).toHaveLength(5);
    await group.getByRole("button", { name: "Discard all" }).click();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(server.requests).not.toContain("POST dead-letters/discard");
    await group.getByRole("button", { name: "Discard all" }).click();
    await dialog.getByRole("button", { name: "Discard 3 letters" }).click();
    await page.getByRole("status").getByText("3 letters discarded").waitFor();
    await group.waitFor({ state: "detached" });
    expect(app.letters).toHaveLength(2);
  });

  test("offers no redrive for what is no message", async () => {
    const { page } = await open("/dead-letters");
    const row = page.getByRole("list", { name: "Letters of no actor" }).getByRole("listitem");
    await row.getByRole("button", { name: "Discard" }).waitFor();
    expect(await row.getByRole("button", { name: "Redrive" }).count()).toBe(0);
  });

  test("says what went wrong when letters cannot be sent back", async () => {
    const { page, server } = await open("/dead-letters");
    server.failing.set("dead-letters/redrive", 503);
    await page.getByRole("button", { name: "Redrive all" }).click();
    await page
      .getByRole("status")
      .getByText("StoreUnavailable: The store did not answer: read timed out.")
      .waitFor();
  });

  test("lists new letters as they come, and says when there is none", async () => {
    const { page, app } = await open("/dead-letters", { isEmpty: true });
    await page.getByRole("heading", { name: "No dead letters" }).waitFor();
    app.letters.push({
      messageId: "new",
      actor: "Order",
      id: "o-1",
      method: "pay",
      body: "{}",
      reason: { code: "ProcessDied", message: "Its process died.", attempts: 5, atMs: Date.now() },
    });
    app.tell("queues", app.queues());
    await page.getByRole("button", { name: /^ProcessDied in pay/ }).waitFor();
  });
}
