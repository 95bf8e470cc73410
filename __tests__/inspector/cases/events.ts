/** The log of events. */
import type { Open } from "../harness";

export function testEvents(open: Open): void {
  test("shows events as they are published, with their detail, their emitter and who listens", async () => {
    const { page, app } = await open("/events", { isEmpty: true });
    await page.getByRole("heading", { name: "No events yet" }).waitFor();
    app.event({
      detail: {
        orderId: "o-1",
        at: { $date: "2026-11-23T12:00:00.000Z" },
        metadata: { actor: "Order", actorId: "a/b" },
      },
    });
    await page.getByRole("button", { name: "OrderPaid from durable-lambda.Order" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("treeitem", { name: "at: 2026-11-23T12:00:00.000Z Date" }).waitFor();
    await page.getByText("Customer", { exact: true }).last().waitFor();
    await page.getByRole("link", { name: "Order/a/b" }).click();
    await page.getByRole("heading", { name: "Order a/b" }).waitFor();
  });

  test("finds events by what is in them", async () => {
    const { page } = await open("/events");
    await page
      .getByRole("button", { name: /from durable-lambda.Order/ })
      .first()
      .waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type('"o-36"');
    await page.getByText("That is all: 1 event").waitFor();
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByText("No event has “nothing like it” in it").waitFor();
  });
}
