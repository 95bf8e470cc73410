/** The page of samples/chat in a real browser: two people, each in a browser of their own, and connections that break. */
import { createTestApp, type TestApp } from "durable-lambda/testing";
import type { Page } from "playwright-core";
import { HISTORY, Room } from "../../samples/chat/room";
import { type ChatServer, serveChat } from "../../samples/chat/serve";
import { describeInBrowser } from "../support/browser";

/** A browser that waits for other tests' browsers takes its time. */
jest.setTimeout(60_000);

let app: TestApp;
let chat: ChatServer;
/** What the pages have complained of, and whom they have asked. */
let complaints: string[];
let asked: Set<string>;

beforeEach(async () => {
  app = createTestApp([Room]);
  chat = await serveChat(app.client, 0);
  complaints = [];
  asked = new Set();
});
afterEach(async () => {
  await chat.close();
  await app.close();
});

describeInBrowser("the page of the chat", (open) => {
  async function visit(options = {}): Promise<Page> {
    const page = await open("about:blank", options);
    page.on("request", (request) => void asked.add(new URL(request.url()).origin));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    page.on("dialog", (dialog) => void complaints.push(`a dialog: ${dialog.message()}`));
    page.on("console", (line) => {
      if (/Content Security Policy/i.test(line.text())) complaints.push(line.text());
    });
    await page.goto(`${chat.url}/rooms/tea`);
    await page.getByText("Connected").waitFor();
    return page;
  }

  async function join(name: string, options = {}): Promise<Page> {
    const page = await visit(options);
    await page.getByLabel("Your name").fill(name);
    await page.keyboard.press("Enter");
    await page.getByLabel("Message", { exact: true }).waitFor();
    return page;
  }

  /** By the keyboard alone: whoever has joined has the cursor where they write. */
  async function say(page: Page, text: string): Promise<void> {
    await page.keyboard.insertText(text);
    await page.keyboard.press("Enter");
  }

  const said = (page: Page) => page.locator("#messages .text");
  const pending = (page: Page) => page.locator("#pending .message");
  const texts = (page: Page) => said(page).allTextContents();

  async function hears(page: Page, text: string): Promise<void> {
    await said(page).getByText(text, { exact: true }).waitFor();
  }

  test("Ann and Bob talk, see each other, and their texts stay texts", async () => {
    const ann = await join("Ann");
    await ann.getByText("It is quiet in here.").waitFor();
    const bob = await join("Bob", { colorScheme: "dark", viewport: { width: 360, height: 640 } });
    await ann.getByRole("listitem").getByText("Bob").waitFor();

    await say(ann, "Hello, Bob");
    await hears(bob, "Hello, Bob");
    const markup = `<script>alert("x")</script><img src=x onerror=alert(1)><b>bold</b>`;
    await say(bob, markup);
    await hears(ann, markup);
    await ann.keyboard.insertText("two");
    await ann.keyboard.press("Shift+Enter");
    await say(ann, "lines");
    await hears(bob, "two\nlines");

    const all = ["Hello, Bob", markup, "two\nlines"];
    for (const page of [ann, bob]) {
      await pending(page).first().waitFor({ state: "detached" });
      expect(await texts(page)).toEqual(all);
      expect(await page.getByText("It is quiet in here.").isVisible()).toBe(false);
      expect(await page.locator("#messages").locator("script, img, .text b").count()).toBe(0);
      // Nothing sticks out, on a phone neither.
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
    await bob.close({ runBeforeUnload: false });
    await ann.locator("#people").getByText("Bob").waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    expect([...asked]).toEqual([chat.url]);
  });

  test("a message whose answer is lost is sent again, and is there once; also over a reload", async () => {
    const [ann, bob] = [await join("Ann"), await join("Bob")];
    let isLost = true;
    let requests = 0;
    await ann.route("**/messages", async (route) => {
      requests++;
      if (!isLost) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await say(ann, "Once");
    await hears(bob, "Once");
    await pending(ann).getByText("Not sent yet. Trying again…").waitFor();
    await ann.reload();
    isLost = false;
    await pending(ann).first().waitFor({ state: "detached" });
    await hears(ann, "Once");
    await say(bob, "And that was it");
    await hears(ann, "And that was it");
    expect(requests).toBeGreaterThan(1);
    expect(await texts(ann)).toEqual(["Once", "And that was it"]);
    expect(await texts(bob)).toEqual(["Once", "And that was it"]);
  });

  test("a page whose server is away says so, and goes on with what it has missed when it is back", async () => {
    const [ann, bob] = [await join("Ann"), await join("Bob")];
    await say(ann, "before");
    await hears(bob, "before");
    await chat.close();
    await bob.getByText("Reconnecting…").waitFor();
    await say(bob, "written meanwhile");
    await pending(bob).getByText("Not sent yet. Trying again…").waitFor();
    chat = await serveChat(app.client, Number(new URL(chat.url).port));
    await hears(ann, "written meanwhile");
    await hears(bob, "written meanwhile");
    await bob.getByText("Connected").waitFor();
    await pending(bob).first().waitFor({ state: "detached" });
    for (const page of [ann, bob]) expect(await texts(page)).toEqual(["before", "written meanwhile"]);
  });

  test("a page that has what the room does not keep any more starts over, and says so", async () => {
    const ann = await join("Ann");
    await say(ann, "one");
    await hears(ann, "one");
    expect(await ann.getByText("Older messages are not kept.").isVisible()).toBe(false);
    await chat.close();
    const room = app.client.actor(Room).get("tea");
    await room.enter("session-of-bob-000001", "Bob");
    for (let number = 1; number <= HISTORY; number++) {
      await room.post("session-of-bob-000001", `no ${number}`);
      await app.clock.advance("2s");
    }
    chat = await serveChat(app.client, Number(new URL(chat.url).port));
    await ann.getByText("Older messages are not kept.").waitFor();
    await hears(ann, `no ${HISTORY}`);
    expect(await texts(ann)).toEqual(Array.from({ length: HISTORY }, (_, index) => `no ${index + 1}`));
  });

  test("a name that is taken is refused beside the field, and another one is taken", async () => {
    await join("Ann");
    const other = await visit();
    await other.getByLabel("Your name").fill("ann");
    await other.getByRole("button", { name: "Join" }).click();
    await other.getByRole("alert").getByText("Somebody called ann is in this room already.").waitFor();
    await other.getByLabel("Your name").fill("Anton");
    await other.keyboard.press("Enter");
    await other.getByLabel("Message", { exact: true }).waitFor();
    expect(await other.getByRole("alert").isVisible()).toBe(false);
  });

  test("who writes too much too fast is told, and the rest goes when it may, in its order", async () => {
    const ann = await join("Ann");
    for (let number = 1; number <= 7; number++) await say(ann, `no ${number}`);
    await pending(ann).getByText("That was a lot in a short time: wait 10 s.").waitFor();
    await app.clock.advance("10s");
    await ann.evaluate("dispatchEvent(new Event('online'))"); // It would by itself, in ten seconds.
    await hears(ann, "no 7");
    expect(await texts(ann)).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `no ${number}`));
  });

  test("a text that is too long cannot be sent, and what is left is said", async () => {
    const ann = await join("Ann");
    await ann.keyboard.insertText("x".repeat(2_001));
    await ann.getByText("-1", { exact: true }).waitFor();
    expect(await ann.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await ann.keyboard.press("Enter");
    await ann.keyboard.press("Backspace");
    await ann.keyboard.press("Enter");
    await hears(ann, "x".repeat(2_000));
    expect(await said(ann).count()).toBe(1);
  });

  test("whoever reads further up stays there, and is told of what is new", async () => {
    const bob = await join("Bob");
    const ann = await join("Ann", { viewport: { width: 360, height: 400 } });
    await say(ann, "tall\n".repeat(40));
    await pending(ann).first().waitFor({ state: "detached" });
    // Chromium scrolls smoothly, and tells of the scrolling that came before, too.
    const scrolled = ann.evaluate(`new Promise((resolve) => {
      const log = document.querySelector("[role=log]");
      log.addEventListener("scrollend", () => log.scrollTop === 0 && resolve());
    })`);
    await ann.getByRole("log").press("Home");
    await scrolled;
    await say(bob, "news");
    await hears(ann, "news");
    await ann.getByRole("button", { name: "New messages" }).click();
    await ann.getByRole("button", { name: "New messages" }).waitFor({ state: "hidden" });
  });
});
