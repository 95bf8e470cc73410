/** The inspector as its user has it: the page of the development server, in a browser, while somebody works on the app. */
import type { Page } from "playwright-core";
import { Consumer } from "../package/consumer";
import { describeInBrowser } from "../support/browser";
import { Project, type Server } from "./project";

const ACTORS = `
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";

@Actor
class Counter extends DurableActor {
  count = 0;
  seen = new Map<string, Date>();
  @Method increment(by = 1): number {
    this.seen.set("last", new Date(0));
    return (this.count += by);
  }
  @Method({ maxAttempts: 1 }) fail(): never {
    throw new RangeError("it broke");
  }
  @Method tell(): void {
    this.ctx.emit("Told", { count: this.count });
  }
}
export const handler = createRouter([Counter]);
`;

describeInBrowser("the inspector of durable-lambda dev", (open) => {
  let consumer: Consumer;
  let project: Project;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    consumer = await Consumer.create();
  }, 60_000);
  afterAll(() => consumer?.remove());
  beforeEach(async () => {
    project = await Project.in(consumer, "inspected", { "src/actors.ts": ACTORS });
    server = project.start("dev", "--port", "0");
    [, url = ""] = await server.prints(/Inspector\s+(http:\S+)/);
    await server.prints(/ready/);
  });
  afterEach(() => project?.remove());

  const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  it("finds an actor, shows what it becomes, and calls it", async () => {
    await project.json("call", "Counter", "c1", "increment", "5");
    const page = await open(url);
    await page.getByRole("link", { name: "Counter 1" }).click();
    await page.getByRole("link", { name: "Counter c1", exact: true }).click();
    await shows(page, "count");
    await page.getByText("5", { exact: true }).first().waitFor();

    await project.json("call", "Counter", "c1", "increment", "37");
    await page.getByText("42", { exact: true }).first().waitFor();

    await page.getByLabel(/Arguments/).fill("100");
    await page.getByRole("button", { name: /^Call increment/ }).click();
    await page.getByText("142", { exact: true }).first().waitFor();
    await server.prints(/committed Counter\/c1 increment v3/);
  }, 60_000);

  it("says where code is wrong as soon as it is saved, and when it is right again", async () => {
    const page = await open(url);
    await shows(page, "Ready");
    await project.edit("src/actors.ts", "count = 0;", "count = = 0;");
    await shows(page, /Unexpected "="/);
    await shows(page, /src\/actors\.ts:6/);
    await project.edit("src/actors.ts", "count = = 0;", "count = 0;");
    await shows(page, "Ready");
  }, 60_000);

  it("shows turns, events and dead letters as they come, and survives a server that is gone", async () => {
    const page = await open(`${url}/#/turns`);
    await project.json("call", "Counter", "c2", "tell");
    await shows(page, "c2");
    await page.goto(`${url}/#/events`);
    await shows(page, "Told");
    await project.json("send", "Counter", "c3", "fail");
    await server.prints(/failed Counter\/c3 fail/);
    await page.goto(`${url}/#/dead-letters`);
    await shows(page, /it broke/);

    await server.stop();
    await shows(page, /npx durable-lambda dev/);
    const port = new URL(url).port;
    server = project.start("dev", "--port", port);
    await server.prints(/ready/);
    await page
      .getByText(/npx durable-lambda dev/)
      .first()
      .waitFor({ state: "hidden" });
    await shows(page, /it broke/);
  }, 60_000);
});
