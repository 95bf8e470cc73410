/**
 * A browser for tests of pages: the machine's own Chromium, by playwright-core. Where there is none, the tests are skipped, and say so.
 */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const { CHROMIUM_PATH } = process.env;
const DEBIANS = "/usr/bin/chromium";

/** Where Chromium is, if it is anywhere. One that is named and not there is a mistake, and no reason to skip. */
export function findBrowser(): string | undefined {
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return existsSync(DEBIANS) ? DEBIANS : undefined;
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  // Chromium's sandbox does not work for root, as which containers run.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}

/** Opens a page in a profile of its own, as another person's browser would. Closed when the test is over. */
export type OpenPage = (url: string, options?: BrowserContextOptions) => Promise<Page>;

/**
 * A group of tests that need a browser.
 * @example describeInBrowser("the page", (open) => { it("has a title", async () => { const page = await open(url); … }); });
 */
export function describeInBrowser(name: string, tests: (open: OpenPage) => void): void {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    process.stderr.write(`skipped: ${name}: no browser. Set CHROMIUM_PATH, or install ${DEBIANS}.\n`);
    describe.skip(name, () => tests(() => Promise.reject(new Error("There is no browser."))));
    return;
  }
  describe(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser(executablePath);
    }, 60_000);
    afterEach(async () => {
      for (const context of browser?.contexts() ?? []) await context.close();
    });
    afterAll(() => browser?.close());
    tests(async (url, options) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    });
  });
}
