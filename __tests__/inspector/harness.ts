/** Opens the built page in a real browser, in front of an app that the test controls. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser } from "../support/browser";
import { FakeApp } from "./fixture/fake-app";
import { FakeServer } from "./fixture/fake-server";
import { sampleContents } from "./fixture/sample";

const ROOT = resolve(__dirname, "../..");
const PATIENCE_MS = 10_000;

export interface Opening
  extends Pick<BrowserContextOptions, "viewport" | "colorScheme" | "permissions" | "reducedMotion"> {
  readonly mode?: "dev" | "deployed";
  /** Types alone, and nothing that has happened. */
  readonly isEmpty?: boolean;
  /** Before the page is opened. */
  readonly prepare?: (app: FakeApp, server: FakeServer) => void;
}

export interface Opened {
  readonly page: Page;
  readonly app: FakeApp;
  readonly server: FakeServer;
  /** What the page complained of so far; a test that leaves something there fails. */
  readonly complaints: string[];
  /** Another place in the page, without loading it anew. */
  goTo(hash: string): Promise<void>;
}

export class Harness {
  private readonly opened: { readonly context: BrowserContext; readonly server: FakeServer }[] = [];
  /** What the page complained of: errors of its own, and what its policy forbids. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly folder: string,
  ) {}

  static async start(executable: string): Promise<Harness> {
    const folder = mkdtempSync(join(tmpdir(), "inspector-page-"));
    execFileSync(process.execPath, [join(ROOT, "scripts/build-page.mjs"), folder], { stdio: "pipe" });
    return new Harness(await launchBrowser(executable), folder);
  }

  async open(
    hash: string,
    { mode = "dev", isEmpty = false, prepare, ...options }: Opening = {},
  ): Promise<Opened> {
    const full = sampleContents(Date.now(), () => app);
    const app: FakeApp = new FakeApp(
      isEmpty ? { types: full.types, actors: [], methods: full.methods ?? {} } : full,
    );
    app.mode = mode;
    const server = new FakeServer(app, this.folder);
    prepare?.(app, server);
    await server.start();
    const context = await this.browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    this.opened.push({ context, server });
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // The browser itself notes each request that fails.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        this.complaints.push(message.text());
    });
    await page.goto(`${server.url}/#${hash}`);
    await page.locator("h1").waitFor();
    const goTo = async (to: string) => {
      await page.evaluate(`location.hash = ${JSON.stringify(to)}`);
    };
    return { page, app, server, complaints: this.complaints, goTo };
  }

  async closeOpened(): Promise<void> {
    for (const { context, server } of this.opened.splice(0)) {
      await context.close();
      await server.stop();
    }
  }

  async end(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** Opens the page for one test; it is closed after it. */
export type Open = Harness["open"];
