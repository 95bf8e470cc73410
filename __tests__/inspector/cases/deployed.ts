/** An app on AWS: it is looked at, and nothing is changed. */
import type { Open } from "../harness";

const DEPLOYED = { mode: "deployed" } as const;

export function testDeployed(open: Open): void {
  test("calls nothing", async () => {
    const { page, server } = await open("/actor/Order/o-17", DEPLOYED);
    await page.getByRole("heading", { name: "A deployed app is only looked at" }).waitFor();
    await page.getByRole("treeitem", { name: 'status: "paid"' }).waitFor();
    expect(await page.getByRole("form", { name: "Call" }).count()).toBe(0);
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.keyboard.press("c");
    await page.keyboard.press("n");
    expect(server.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
  });

  test("says where its turns are, with the query for them", async () => {
    const { page, goTo } = await open("/turns", DEPLOYED);
    await page.getByText("Turns are in the function’s log").waitFor();
    await page.getByText("| filter ispresent(outcome)").waitFor();
    await goTo("/actor/Order/o-17?tab=turns");
    await page.getByText('| filter actor = "Order" and actorId = "o-17" and ispresent(outcome)').waitFor();
    await goTo("/events");
    await page.getByText("EventBridge keeps no log of events").waitFor();
  });

  test("shows its dead letters without buttons for them", async () => {
    const { page } = await open("/dead-letters", DEPLOYED);
    await page.getByRole("button", { name: /in cancel/ }).click();
    await page.getByRole("region", { name: "Stack" }).waitFor();
    await page.getByText("Of a deployed app they are only looked at").waitFor();
    expect(await page.getByRole("button", { name: /Redrive|Discard/ }).count()).toBe(0);
  });

  test("lists its actors without counts, and makes none", async () => {
    const { page } = await open("/actors/Counter", DEPLOYED);
    await page.getByRole("link", { name: "Counter room-1", exact: true }).waitFor();
    await page.getByRole("link", { name: "Counter", exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "New actor" }).count()).toBe(0);
  });
}
