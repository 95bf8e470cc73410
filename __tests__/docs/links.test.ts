/** No link of the pages leads nowhere, no page names a file that is not there, and the README leads to every page. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorsOf, linksOf, namedFilesOf, problemOf } from "./links";
import { type Page, parsePage, ROOT, readPages } from "./page";

const pages = new Map(readPages().map((page) => [page.path, page]));
const links = Array.from(pages.values(), linksOf).flat();

test("each link leads to a file, and each anchor to a heading", () => {
  expect(links.length).toBeGreaterThan(150);
  expect(links.flatMap((link) => problemOf(link, pages) ?? [])).toEqual([]);
});

test("each file of this repository that a page names is there", () => {
  const named = Array.from(pages.values(), namedFilesOf).flat();
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ target }) => !existsSync(join(ROOT, target)))).toEqual([]);
});

test("the README leads to every page, by one page after another", () => {
  const reached = new Set(["README.md"]);
  // A set that grows while it is walked is walked to its end.
  for (const path of reached) {
    for (const { target } of linksOf(pages.get(path) as Page)) {
      const file = posix.join(posix.dirname(path), target.split("#")[0] ?? "");
      if (pages.has(file)) reached.add(file);
      // A folder shows the pages in it.
      else if (file.endsWith("/"))
        for (const page of pages.keys()) if (posix.dirname(page) === file.slice(0, -1)) reached.add(page);
    }
  }
  expect([...pages.keys()].filter((path) => !reached.has(path))).toEqual([]);
});

describe("a page of a test", () => {
  const page = parsePage(
    "docs/of-a-test.md",
    [
      "# An actor's life",
      "## `send`, [`start`](messages.md) – and more_of it",
      "## Once",
      "## Once",
      "See [once](#once-1), [the second](calls.md#once), [a file](../lib/actor.ts), [a site](https://example.org)",
      "and `[no](link.md)`.",
      "```sh",
      "# [no](heading.md)",
      "```",
      "[one](#twice) [two](../../etc) [three](calls.md#never) [four](nowhere.md) [five](../lib/actor.ts#L1)",
      'An image: <img src="nothing.svg">, and ![another](none.svg "none")',
      "[six]: neither.md",
    ].join("\n"),
  );
  const withPage = new Map([...pages, [page.path, page]]);

  test("has the anchors that GitHub gives it", () => {
    expect([...anchorsOf(page)]).toEqual(["an-actors-life", "send-start--and-more_of-it", "once", "once-1"]);
  });

  test("has links that lead nowhere, and those are found", () => {
    expect(linksOf(page).flatMap((link) => problemOf(link, withPage) ?? [])).toEqual([
      "docs/of-a-test.md:10: #twice: there is no such heading",
      "docs/of-a-test.md:10: ../../etc: there is no such file",
      "docs/of-a-test.md:10: calls.md#never: there is no such heading",
      "docs/of-a-test.md:10: nowhere.md: there is no such file",
      "docs/of-a-test.md:10: ../lib/actor.ts#L1: only pages have anchors",
      "docs/of-a-test.md:11: nothing.svg: there is no such file",
      "docs/of-a-test.md:11: none.svg: there is no such file",
      "docs/of-a-test.md:12: neither.md: there is no such file",
    ]);
  });
});
