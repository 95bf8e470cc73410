/** Makes pictures of the inspector's page, of the sample app: `npm run inspector:shots [folder]`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import type { BuildStatus } from "../../cli/inspector/api";
import { findBrowser, launchBrowser } from "../support/browser";
import { FakeApp } from "./fixture/fake-app";
import { FakeServer } from "./fixture/fake-server";
import { sampleContents } from "./fixture/sample";

const ROOT = resolve(__dirname, "../..");
const folder = resolve(process.argv[2] ?? "/tmp/inspector-shots");
const DESKTOP = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };
const LOOKS = [
  { look: "light", viewport: DESKTOP, colorScheme: "light" },
  { look: "dark", viewport: DESKTOP, colorScheme: "dark" },
  { look: "phone", viewport: PHONE, colorScheme: "light" },
] as const;

type Scene = (page: Page, app: FakeApp, server: FakeServer) => Promise<void>;

const at =
  (hash: string, then: Scene = async () => {}): Scene =>
  async (page, app, server) => {
    await page.goto(`${server.url}/#${hash}`);
    await page.locator("h1").waitFor();
    await then(page, app, server);
  };

const FAILED_BUILD: BuildStatus = {
  state: "failed",
  sinceMs: Date.now() - 4_000,
  problems: [
    {
      message: 'Expected ";" but found "this"',
      file: "src/order.ts",
      line: 41,
      column: 11,
      text: "    retrun this.total;",
    },
    {
      message: 'Could not resolve "./prices"',
      file: "src/order.ts",
      line: 3,
      column: 23,
      text: 'import { prices } from "./prices";',
    },
  ],
};

const SCENES: Readonly<Record<string, Scene>> = {
  actors: at("/actors"),
  "actors-type": at("/actors/Counter"),
  "actors-search": at("/actors?search=o-1"),
  "actors-none": at("/actors/Counter?search=zzz"),
  "actor-state": at("/actor/Order/o-17"),
  "actor-changed": at("/actor/Counter/room-1", async (page) => {
    await page.getByRole("treeitem").first().waitFor();
    await page.getByLabel("Arguments").fill("5");
    await page.getByRole("button", { name: "Call increment" }).click();
    await page.getByText("was 0").waitFor();
  }),
  "actor-call-error": at("/actor/Counter/room-3", async (page) => {
    await page.getByLabel("Arguments").fill('"five"');
    await page.getByRole("button", { name: "Call increment" }).click();
    await page.getByRole("status", { name: "Result" }).waitFor();
    await page.getByLabel("Arguments").fill("{ by: 5 }");
    await page.getByText("A key is in double quotes").waitFor();
  }),
  "actor-turns": at("/actor/Order/o-17?tab=turns"),
  "actor-reminders": at("/actor/Order/o-17?tab=reminders"),
  "actor-outbox": at("/actor/Order/o-17?tab=outbox"),
  "actor-inbox": at("/actor/Order/o-17?tab=inbox"),
  "actor-damaged": at("/actor/Account/acc-0003"),
  "actor-new": at("/actor/Counter/nobody-yet"),
  turns: at("/turns"),
  "turns-open": at("/turns?outcome=failed", async (page) => {
    await page.locator(".turn-row .duration").first().click();
  }),
  events: at("/events", async (page) => {
    await page
      .getByRole("button", { name: /OrderPaid/ })
      .first()
      .click();
  }),
  "dead-letters": at("/dead-letters", async (page) => {
    await page.getByRole("button", { name: /in cancel/ }).click();
  }),
  discard: at("/dead-letters", async (page) => {
    await page.getByRole("button", { name: "Discard all" }).click();
  }),
  help: at("/actors/Counter", async (page) => {
    await page.getByRole("link", { name: "Counter room-1", exact: true }).waitFor();
    await page.keyboard.press("?");
  }),
  "build-failed": async (page, app, server) => {
    app.setBuild(FAILED_BUILD);
    await page.goto(`${server.url}/#/actors`);
    await page.getByRole("alert", { name: "The build failed" }).waitFor();
  },
  gone: at("/actor/Counter/room-1", async (page, _app, server) => {
    await page.getByRole("treeitem").first().waitFor();
    await server.stop();
    await page.getByText("The app is not running").waitFor();
  }),
  failed: async (page, _app, server) => {
    server.failing.set("actors", 503);
    await page.goto(`${server.url}/#/actors`);
    await page.getByText("could not be loaded").waitFor();
    server.failing.clear();
  },
};

const EMPTY: Readonly<Record<string, Scene>> = {
  "empty-actors": at("/actors"),
  "empty-turns": at("/turns"),
  "empty-events": at("/events"),
  "empty-dead-letters": at("/dead-letters"),
};

const DEPLOYED: Readonly<Record<string, Scene>> = {
  "deployed-actor": at("/actor/Order/o-17"),
  "deployed-turns": at("/turns"),
  "deployed-dead-letters": at("/dead-letters"),
};

type Mode = "full" | "empty" | "deployed";
type Look = (typeof LOOKS)[number];

function appFor(mode: Mode): FakeApp {
  const full = sampleContents(Date.now(), () => app);
  const app: FakeApp = new FakeApp(mode === "empty" ? { types: full.types, actors: [] } : full);
  if (mode === "deployed") Object.assign(app, { mode: "deployed", name: "ShopStack" });
  app.depths = {
    messages: { ready: 12, inFlight: 2, delayed: 0 },
    wakes: { ready: 0, inFlight: 0, delayed: 3 },
  };
  return app;
}

async function main(): Promise<void> {
  const executable = findBrowser();
  if (executable === undefined) throw new Error("No Chromium: set CHROMIUM_PATH.");
  const built = mkdtempSync(join(tmpdir(), "inspector-page-"));
  execFileSync(process.execPath, [join(ROOT, "scripts/build-page.mjs"), built], { stdio: "inherit" });
  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser(executable);
  const shoot = async (name: string, scene: Scene, mode: Mode, { look, viewport, colorScheme }: Look) => {
    const server = new FakeServer(appFor(mode), built);
    await server.start();
    const page = await browser.newPage({
      viewport,
      colorScheme,
      deviceScaleFactor: look === "phone" ? 2 : 1,
    });
    await scene(page, server.app, server);
    await page.waitForLoadState("networkidle", { timeout: 400 }).catch(() => {});
    await page.screenshot({ path: join(folder, `${name}.${look}.png`) });
    await page.close();
    await server.stop();
  };
  const only = process.argv[3];
  const groups = [
    [SCENES, "full"],
    [EMPTY, "empty"],
    [DEPLOYED, "deployed"],
  ] as const;
  for (const [scenes, mode] of groups) {
    for (const [name, scene] of Object.entries(scenes)) {
      if (only !== undefined && !name.includes(only)) continue;
      for (const look of LOOKS) await shoot(name, scene, mode, look);
    }
  }
  await browser.close();
  console.log(`in ${folder}`);
}

void main();
