/** How it looks, to whom, and what it must never do: themes, widths, names for all controls, hostile texts. */
import { until } from "../../support/fake-clock";
import type { Open } from "../harness";

const PAGES = [
  "/actors",
  "/actors/Room",
  "/actor/Order/o-17",
  "/actor/Order/o-17?tab=turns",
  "/actor/Order/o-17?tab=reminders",
  "/actor/Order/o-17?tab=outbox",
  "/actor/Order/o-17?tab=inbox",
  "/actor/Account/acc-0003",
  `/actor/Room/${"x".repeat(512)}`,
  "/turns",
  "/events",
  "/dead-letters",
];

/** Every text whose contrast with what is behind it is less than the 4.5 of WCAG AA. */
const LOW_CONTRAST = `(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => (value * a + below[i] * (255 - a)) / 255);
  const ground = (element) => {
    if (element === null) return [255, 255, 255];
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 255 ? color.slice(0, 3) : over(color, ground(element.parentElement));
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = new Set();
  const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    const element = text.parentElement;
    if (text.textContent.trim() === "" || element.closest("option, .sr-only") || element.checkVisibility() === false) continue;
    const behind = ground(element);
    const [one, other] = [over(rgba(getComputedStyle(element).color), behind), behind].map(luminance);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) low.add(element.tagName + "." + element.className + " " + contrast.toFixed(2) + ": " + text.textContent.slice(0, 30));
  }
  return [...low];
})()`;

export function testLooks(open: Open): void {
  test.each(["light", "dark"] as const)("has enough contrast in the %s theme", async (colorScheme) => {
    const { page, goTo } = await open("/actors", { colorScheme });
    for (const hash of PAGES) {
      await goTo(hash);
      await page.locator("h1").waitFor();
      await page.locator("[aria-label^=Loading]").waitFor({ state: "detached" });
      expect({ hash, low: await page.evaluate(LOW_CONTRAST) }).toEqual({ hash, low: [] });
    }
  });

  test("has the theme that is chosen, also the next time", async () => {
    const { page } = await open("/actors", { colorScheme: "light" });
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    const toggle = page.getByRole("button", { name: /^Theme/ });
    await toggle.click();
    expect(await ground()).toBe(light);
    await toggle.click();
    expect(await toggle.getAttribute("aria-label")).toBe("Theme: dark. Change to as the system has it");
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.locator("h1").waitFor();
    expect(await ground()).toBe(dark);
  });

  test.each([390, 800, 1_200])("fits into %d pixels: nothing is wider than the page", async (width) => {
    const { page, goTo } = await open("/actors", {
      viewport: { width, height: 844 },
      prepare: (app) => {
        app.name = "a/path/that/has/many/folders/".repeat(4);
      },
    });
    for (const hash of PAGES) {
      await goTo(hash);
      await page.locator("[aria-label^=Loading]").waitFor({ state: "detached" });
      await page.locator("h1").waitFor();
      const wide = await page.evaluate(
        `[document.documentElement, ...document.querySelectorAll("main, .top-bar, .view-header, .scroller, .turn-row, .disclosure-row, .letter-grid, .windowed-row")].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className)`,
      );
      expect({ hash, wide }).toEqual({ hash, wide: [] });
    }
    await page.getByRole("link", { name: "Turns" }).click();
    await page.getByRole("heading", { name: "Turns" }).waitFor();
  });

  test.each([
    ["reduce", "none"],
    ["no-preference", "pulse"],
  ] as const)("moves only where that is wanted: %s", async (reducedMotion, animation) => {
    const { page, app } = await open("/actors", { reducedMotion });
    app.setBuild({ state: "building", sinceMs: 1 });
    await page.getByText("Building", { exact: true }).waitFor();
    expect(await page.evaluate("getComputedStyle(document.querySelector('.pill .dot')).animationName")).toBe(
      animation,
    );
  });

  test("names every control, for those who do not see it", async () => {
    const { page, goTo } = await open("/actors");
    for (const hash of PAGES) {
      await goTo(hash);
      await page.locator("[aria-label^=Loading]").waitFor({ state: "detached" });
      const tree = await page.locator("body").ariaSnapshot();
      expect(tree).toMatch(/- heading /);
      const nameless = tree
        .split("\n")
        .filter((line) =>
          /- (button|link|searchbox|textbox|combobox|radio|tab|treeitem|tree|list|dialog)\b(?! ")/.test(line),
        );
      expect({ hash, nameless: nameless.filter((line) => !/- list:?$/.test(line)) }).toEqual({
        hash,
        nameless: [],
      });
    }
  });

  test("shows its keys, and goes where they lead", async () => {
    const { page } = await open("/actors");
    await page.getByRole("link", { name: "Account acc-0000" }).waitFor();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.getByText("Run the call").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await help.waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    for (const [key, title] of [
      ["t", "Turns"],
      ["e", "Events"],
      ["d", "Dead letters"],
      ["a", "All actors"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    }
  });

  test("says so when there is no such page", async () => {
    const { page, goTo } = await open("/actors");
    for (const hash of ["/nowhere", "/actor/Counter", "/actor/Counter/%E0%A4%A", "/turns/x"]) {
      await goTo(hash);
      await page.getByRole("heading", { name: "There is no such page" }).waitFor();
      await goTo("/events");
      await page.getByRole("heading", { name: "Events" }).waitFor();
    }
  });

  test("takes every text for text", async () => {
    const attack = `<img src=x onerror="window.isBroken=true"><script>window.isBroken=true</script>`;
    const { page, app, goTo } = await open("/actors/Room", {
      prepare: (prepared) => {
        prepared.name = attack;
        prepared.actors.set(`Room/${attack}`, {
          ...(prepared.actors.get("Room/..") as NonNullable<ReturnType<typeof prepared.actors.get>>),
          id: attack,
          state: { [attack]: attack, map: { $map: [[attack, attack]] } },
          unreadable: [{ field: attack, message: attack }],
        });
        const [letter] = prepared.letters;
        prepared.letters = [
          {
            ...letter,
            id: attack,
            method: attack,
            body: attack,
            reason: { code: attack, message: attack, stack: attack, attempts: 1, atMs: 0 },
          } as (typeof prepared.letters)[number],
        ];
      },
    });
    app.turn({
      actorId: attack,
      method: attack,
      outcome: "failed",
      code: attack,
      message: attack,
      reminder: attack,
    });
    app.event({ source: attack, detailType: attack, detail: { [attack]: attack } });
    app.call = () => ({ ok: false, error: { code: attack, message: attack, retryable: true } });
    app.setBuild({
      state: "failed",
      sinceMs: 1,
      problems: [{ message: attack, file: attack, line: 1, text: attack }],
    });
    await page.getByRole("alert", { name: "The build failed" }).getByText(attack).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: `Room ${attack}` }).waitFor();
    await goTo(`/actor/Room/${encodeURIComponent(attack)}`);
    await page.getByRole("region", { name: "What cannot be read" }).getByText(attack).first().waitFor();
    await page.getByRole("treeitem").first().getByText(attack).first().waitFor();
    await goTo("/turns");
    await page.getByRole("link", { name: attack }).waitFor();
    await goTo("/events");
    await page.getByRole("button", { name: attack }).click();
    await page.getByRole("treeitem", { name: attack }).waitFor();
    await goTo("/dead-letters");
    await page.getByRole("button", { name: attack }).first().click();
    await page.getByRole("region", { name: "Message" }).getByText(attack).waitFor();
    await goTo("/actor/Counter/room-1");
    await page.getByRole("button", { name: "Call increment" }).click();
    await page.getByRole("status", { name: "Result" }).getByText(attack).first().waitFor();
    expect(await page.evaluate("window.isBroken")).toBeUndefined();
    expect(await page.locator("#app img, #app script").count()).toBe(0);
  });

  test("has no styles or scripts that its policy forbids", async () => {
    const { page, complaints } = await open("/turns");
    await page.getByRole("list", { name: "Turns", exact: true }).getByRole("listitem").first().waitFor();
    // The bars have their widths, so styles that are set by script work under it.
    const bars = await page.locator(".turn-fill").all();
    const widths = await Promise.all(bars.slice(0, 20).map(async (bar) => (await bar.boundingBox())?.width));
    expect(new Set(widths).size).toBeGreaterThan(3);
    // And the policy is in force.
    expect(
      await page.evaluate(`new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective), { once: true });
        document.body.setAttribute("style", "color: red");
      })`),
    ).toBe("style-src-attr");
    await until(() => complaints.length > 0);
    expect(complaints.splice(0)).toEqual([expect.stringContaining("Content Security Policy")]);
  });
}
