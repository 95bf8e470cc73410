/** The list of actors: search, pages, keys. */
import { NASTY_IDS } from "../fixture/sample";
import type { Open } from "../harness";

export function testActors(open: Open): void {
  test("shows the types with their counts, and all actors", async () => {
    const { page } = await open("/actors");
    const pages = page.getByRole("navigation", { name: "Pages" });
    await pages.getByRole("link", { name: "Actors 5,000" }).waitFor();
    await pages.getByRole("link", { name: "Counter 3,600" }).click();
    await page.getByRole("heading", { name: "Counter", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Counter room-1", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "Account acc-0000" }).count()).toBe(0);
  });

  test("finds one of 5,000 by its id, with one request for what was typed", async () => {
    const { page, server } = await open("/actors");
    await page.getByRole("link", { name: "Account acc-0000" }).waitFor();
    server.requests.length = 0;
    await page.keyboard.press("/");
    await page.keyboard.type("o-1007", { delay: 20 });
    await page.getByText("1 actor", { exact: true }).waitFor();
    expect(server.requests.filter((request) => request.startsWith("GET actors"))).toEqual([
      "GET actors?search=o-1007&limit=200",
    ]);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Order o-1007", exact: true }).waitFor();
    expect(await page.title()).toBe("o-1007 · Order · src/actors.ts");
  });

  test("keeps a search in its address, and in the way back", async () => {
    const { page } = await open("/actors/Order?search=o-99");
    await page.getByText("11 actors", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Order o-997", exact: true }).click();
    await page.getByRole("heading", { name: "Order o-997", exact: true }).waitFor();
    await page.goBack();
    await page.getByText("11 actors", { exact: true }).waitFor();
    expect(await page.getByRole("searchbox", { name: "Search ids of Order" }).inputValue()).toBe("o-99");
  });

  test("says when nothing is found, and clears the search", async () => {
    const { page } = await open("/actors/Counter?search=zzz");
    await page.getByText("No actor of Counter has “zzz” in its id").waitFor();
    await page.getByRole("button", { name: "Clear the search", exact: true }).last().click();
    await page.getByRole("link", { name: "Counter room-1", exact: true }).waitFor();
  });

  test("loads page after page up to the last of 3,600, with few rows in the document", async () => {
    const { page, server } = await open("/actors/Counter");
    await page.getByRole("link", { name: "Counter room-1", exact: true }).focus();
    for (let loaded = 400; loaded < 3_600; loaded += 200) {
      await page.keyboard.press("End");
      await page.getByText(`${loaded.toLocaleString("en")} actors loaded`).waitFor();
    }
    await page.keyboard.press("End");
    await page.getByText("That is all: 3,600 actors").waitFor();
    expect(server.requests.filter((request) => request.startsWith("GET actors"))).toHaveLength(18);
    expect(await page.getByRole("list", { name: "Actors" }).getByRole("listitem").count()).toBeLessThan(80);
    await page.keyboard.press("End");
    await page.waitForFunction('document.activeElement.textContent.includes("room-3600")');
  });

  test("loads more while it is scrolled", async () => {
    const { page } = await open("/actors/Counter");
    await page.getByText("200 actors loaded").waitFor();
    await page.getByRole("link", { name: "Counter room-1", exact: true }).hover();
    await page.mouse.wheel(0, 7_500);
    await page.getByText("400 actors loaded").waitFor();
    await page.getByRole("link", { name: "Counter room-190", exact: true }).waitFor();
  });

  test("is walked by keyboard alone: to an actor, to a call, and back to the same row", async () => {
    const { page } = await open("/actors");
    await page.getByRole("link", { name: "Account acc-0000" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("room-7");
    await page.getByRole("link", { name: "Counter room-70", exact: true }).waitFor();
    await page.keyboard.press("ArrowDown");
    for (const key of ["j", "ArrowDown", "k", "j"]) await page.keyboard.press(key);
    await page.waitForFunction('document.activeElement.getAttribute("aria-label") === "Counter room-71"');
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Counter room-71", exact: true }).waitFor();

    await page.getByLabel("Arguments").waitFor();
    await page.keyboard.press("c");
    await page.waitForFunction('document.activeElement.id === "call-method"');
    await page.keyboard.press("Tab");
    await page.keyboard.type("30");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("status", { name: "Result" }).getByText("100", { exact: true }).waitFor();

    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Counter", exact: true }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.getByRole("heading", { name: "Turns" }).waitFor();
  });

  test("comes back to the row that it left", async () => {
    const { page } = await open("/actors/Counter");
    await page.getByRole("link", { name: "Counter room-1", exact: true }).waitFor();
    for (let row = 0; row < 40; row++) await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Counter room-40", exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Counter room-40", exact: true }).waitFor();
    await page.keyboard.press("j");
    await page.waitForFunction('document.activeElement.getAttribute("aria-label") === "Counter room-40"');
  });

  test("shows who is busy and who wakes when", async () => {
    const { page } = await open("/actors/Counter");
    const row = (id: string) => page.getByRole("link", { name: `Counter ${id}`, exact: true });
    await row("room-2").getByText("busy").waitFor();
    await row("room-4")
      .getByText(/wakes in 4 m/)
      .waitFor();
    await row("room-6").getByText("lease lapsed").waitFor();
    await row("room-9").getByText("wake is due").waitFor();
  });

  test("shows new versions and new actors as they come", async () => {
    const { page, app } = await open("/actors/Counter?search=room-36");
    const row = page.getByRole("link", { name: "Counter room-36", exact: true });
    await row.waitFor();
    await page.getByText("12 actors", { exact: true }).waitFor();
    app.commit({ ...actorOf(app, "Counter/room-36"), version: 699 }, { count: 1 });
    await row.getByText("v700").waitFor();
    app.commit({ ...actorOf(app, "Counter/room-36"), id: "room-36-new", version: 0 }, { count: 1 });
    app.actors.delete("Counter/room-1");
    app.actors.delete("Counter/room-3");
    app.tell("app", app.info());
    await page.getByRole("link", { name: "Counter room-36-new", exact: true }).waitFor();
    await page.getByRole("link", { name: "Counter 3,599" }).waitFor();
  });

  test("looks further over empty pages, and asks after many of them", async () => {
    const { page, app } = await open("/actors", {
      mode: "deployed",
      prepare: (prepared) => {
        prepared.emptyPages = 30;
      },
    });
    await page.getByRole("heading", { name: "Nothing yet" }).waitFor();
    app.emptyPages = 28;
    await page.getByRole("button", { name: "Look further" }).click();
    await page.getByRole("link", { name: "Account acc-0000" }).waitFor();
  });

  test.each(NASTY_IDS.map((id) => [id.slice(0, 40), id]))("opens the actor %j", async (_shown, id) => {
    const { page } = await open("/actors/Room");
    await page.getByRole("link", { name: `Room ${id.trim()}`, exact: true }).click();
    const heading = page.locator("h1");
    await page.getByRole("treeitem", { name: "topic" }).waitFor();
    expect(await heading.textContent()).toBe(id);
    await page.reload();
    await page.getByRole("treeitem", { name: "topic" }).waitFor();
    expect(await heading.textContent()).toBe(id);
  });

  test("makes a new actor by its first call", async () => {
    const { page } = await open("/actors/Counter", { isEmpty: true });
    await page.getByRole("heading", { name: "No actors of Counter yet" }).waitFor();
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "New Counter" });
    await dialog.getByLabel("Id").fill("é".repeat(257));
    await dialog.getByText("An id has at most 512 bytes; this one has 514.").waitFor();
    expect(await dialog.getByRole("button", { name: "Go on" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Id").fill("first/one");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Nobody has touched this actor yet" }).waitFor();
    await page.getByRole("button", { name: "Call increment" }).click();
    await page.getByRole("treeitem", { name: "count: 1" }).waitFor();
    await page.getByRole("link", { name: "Counter 1", exact: true }).waitFor();
  });
}

export function actorOf<T>(app: { readonly actors: ReadonlyMap<string, T> }, key: string): T {
  const view = app.actors.get(key);
  if (view === undefined) throw new Error(`There is no ${key}.`);
  return view;
}
