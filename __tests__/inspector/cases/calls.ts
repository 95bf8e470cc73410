/** Calls from the page. */
import type { Page } from "playwright-core";
import type { Open } from "../harness";

const editor = (page: Page) => page.getByLabel("Arguments");
const result = (page: Page) => page.getByRole("status", { name: "Result" });

export function testCalls(open: Open): void {
  test("calls a method, and shows its result", async () => {
    const { page, server } = await open("/actor/Counter/room-1");
    await page.getByText("increment(by = 1)").waitFor();
    await editor(page).fill("5");
    await page.getByRole("list", { name: "What is understood" }).getByText("by").waitFor();
    await page.getByRole("button", { name: "Call increment" }).click();
    await result(page).getByText("Result increment()").waitFor();
    await result(page).getByText("5", { exact: true }).waitFor();
    expect(server.requests).toContain("POST call");
  });

  test("explains JSON that is none, and calls nothing", async () => {
    const { page, server } = await open("/actor/Counter/room-1");
    await editor(page).fill("1\n{ by: 5 }");
    await page.keyboard.press("Control+Enter");
    await page.getByText('A key is in double quotes: "by". Argument 2, line 2, column 3').waitFor();
    expect(await editor(page).getAttribute("aria-invalid")).toBe("true");
    expect(await editor(page).evaluate((area) => (area as { selectionStart?: number }).selectionStart)).toBe(
      4,
    );
    expect(server.requests).not.toContain("POST call");
    await editor(page).fill("five");
    await page
      .getByText('five is no JSON value. Is it a text? Then write "five". by, line 1, column 1')
      .waitFor();
    await editor(page).fill("5");
    await page.getByRole("button", { name: "Call increment" }).click();
    await result(page).getByText("5", { exact: true }).waitFor();
  });

  test("passes values that JSON has not as they are stored", async () => {
    const { page, server, app } = await open("/actor/Counter/room-1");
    const called: unknown[] = [];
    app.call = ({ args }) => {
      called.push(args);
      return { ok: true, result: { $set: [1] }, version: 3 };
    };
    await editor(page).fill('{"$date":"2026-11-23T12:00:00.000Z"}, {"$map":[["a",1]]}');
    await page.getByRole("list", { name: "What is understood" }).getByText("Date").waitFor();
    await page.keyboard.press("Control+Enter");
    await result(page).getByText("Set(1)").waitFor();
    expect(called).toEqual([[{ $date: "2026-11-23T12:00:00.000Z" }, { $map: [["a", 1]] }]]);
    expect(server.requests).toContain("POST call");
  });

  test("shows an error with its code, whether it may be tried again, and its details", async () => {
    const { page } = await open("/actor/Counter/room-1");
    await editor(page).fill('"five"');
    await page.getByRole("button", { name: "Call increment" }).click();
    await result(page).getByText("Failed increment()").waitFor();
    await result(page).getByText("RangeError").waitFor();
    await result(page).getByText('by must be a number, not "five"').waitFor();
    await result(page).getByText("not retryable").waitFor();
    await result(page).getByRole("treeitem", { name: "since: 2026-11-01T00:00:00.000Z Date" }).waitFor();
  });

  test("marks readonly methods, and sends instead of calling", async () => {
    const { page } = await open("/actor/Counter/room-3");
    await page.getByRole("combobox", { name: "Method" }).selectOption("value");
    await page.getByRole("form", { name: "Call" }).getByText("readonly", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Call value" }).click();
    await result(page).getByText("2", { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Method" }).selectOption("increment");
    await page.getByRole("radio", { name: "send" }).check();
    await page.getByRole("button", { name: "Send increment" }).click();
    await result(page).getByText("vT4mZq81LpXa0cWe").waitFor();
  });

  test("takes a call that was made before into the form again", async () => {
    const { page } = await open("/actor/Counter/room-1");
    for (const by of ["41", "2"]) {
      await editor(page).fill(by);
      await page.keyboard.press("Control+Enter");
      await result(page)
        .getByText(by === "2" ? "43" : "41", { exact: true })
        .waitFor();
    }
    await page.getByRole("region", { name: "Calls before" }).getByText("increment(41)").click();
    expect(await editor(page).inputValue()).toBe("41");
  });

  test("says so when the code has no such actor any more", async () => {
    const { page } = await open("/actor/Room/..");
    await page.getByText("The code that runs has no methods in Room.").waitFor();
    expect(await page.getByRole("form", { name: "Call" }).count()).toBe(0);
  });
}
