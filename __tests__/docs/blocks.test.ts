/** The blocks of all pages: TypeScript compiles as it stands there, JSON parses, and none is left out unseen. */
import { compile } from "./compilation";
import { type Block, blocksOf, parsePage, readPages } from "./page";
import { snippetsOf } from "./snippets";

const pages = readPages();

/** Of one value, or of one on each line. */
function isJson({ lines }: Block): boolean {
  const isValue = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  return isValue(lines.map(({ text }) => text).join("\n")) || lines.every(({ text }) => isValue(text));
}

/** A page of a test, and what does not compile on it. */
function problemsOn(...lines: string[]): string[] {
  return compile(snippetsOf(parsePage("docs/of-a-test.md", lines.join("\n"))).snippets);
}

test("each block of TypeScript compiles", () => {
  const { snippets, leftOut } = {
    snippets: pages.flatMap((page) => snippetsOf(page).snippets),
    leftOut: pages.flatMap((page) => snippetsOf(page).leftOut),
  };
  expect(snippets.filter(({ isHidden }) => !isHidden).length).toBeGreaterThan(50);
  expect(compile(snippets)).toEqual([]);
  // Whoever leaves one out says so here, too.
  expect(leftOut).toEqual([]);
});

test("each block of JSON parses", () => {
  const blocks = pages.flatMap((page) => blocksOf(page).map((block) => ({ page: page.path, block })));
  const json = blocks.filter(({ block }) => block.language === "json");
  expect(json.length).toBeGreaterThan(5);
  expect(json.filter(({ block }) => !isJson(block))).toEqual([]);
});

test("all blocks are of languages that the tests know: pictures and queries are text", () => {
  const languages = new Set(pages.flatMap(blocksOf).map(({ language }) => language));
  expect([...languages].sort()).toEqual(["json", "sh", "text", "ts"]);
});

describe("a page of a test", () => {
  test("is told the page's own line of what does not compile, also in a frame", () => {
    const problems = problemsOn(
      "# Page",
      "<!-- ts",
      "@Actor",
      "class Counter extends DurableActor {",
      "  count = 0;",
      "  …",
      "}",
      "-->",
      "",
      "```ts",
      "@Method increment(by = 1): number {",
      "  return (this.cuont += by);",
      "}",
      "```",
      "",
      "```ts",
      'await createClient().actor(Counter).get("c1").increment("one");',
      "```",
    );
    expect(problems).toEqual([
      expect.stringMatching(/^docs\/of-a-test.md:12: Property 'cuont' does not exist on type 'Counter'/),
      expect.stringMatching(/^docs\/of-a-test.md:17: Argument of type 'string' is not assignable/),
    ]);
  });

  test("takes names from above, else from below, and from the package only where nothing is imported from it", () => {
    const problems = problemsOn(
      "<!-- ts",
      'const name = "first";',
      "-->",
      "```ts",
      "name satisfies 'first';",
      "later satisfies 2;",
      "const key: ContextKey<string> = contextKey(name);",
      "```",
      "```ts",
      'import { contextKey } from "durable-lambda";',
      'const name = "second";',
      "export const later = 2;",
      "const another: ContextKey<string> = contextKey(name);",
      "```",
      "<!-- file: folder/third.ts -->",
      "```ts",
      "name satisfies 'second';",
      "```",
      "```ts",
      'import { nothing } from "./folder/third";',
      "```",
    );
    expect(problems).toEqual([
      expect.stringMatching(/^docs\/of-a-test.md:13: Cannot find name 'ContextKey'/),
      expect.stringMatching(
        /^docs\/of-a-test.md:20: Module '".\/folder\/third"' has no exported member 'nothing'/,
      ),
    ]);
  });

  test("shows errors that are meant, and has to have them", () => {
    const problems = problemsOn(
      "```ts",
      "// @ts-expect-error an actor is not made by its constructor",
      "new DurableActor();",
      "// @ts-expect-error",
      "contextKey('right');",
      "```",
    );
    expect(problems).toEqual(["docs/of-a-test.md:4: Unused '@ts-expect-error' directive. (TS2578)"]);
  });

  test("leaves a block out with a reason alone, and has no note that nobody understands", () => {
    const page = (...lines: string[]) => snippetsOf(parsePage("docs/of-a-test.md", lines.join("\n")));
    expect(page("<!-- not compiled: another package's -->", "```ts", "?", "```")).toEqual({
      snippets: [],
      leftOut: [{ page: "docs/of-a-test.md", line: 2, reason: "another package's" }],
    });
    expect(() => page("<!-- not compiled -->", "```ts", "?", "```")).toThrow(
      "docs/of-a-test.md:1: the tests do not",
    );
    expect(() => page("<!-- rnu -->", "```ts", "?", "```")).toThrow('do not understand the comment "rnu"');
    expect(() => page("<!-- run -->", "Text.", "```ts", "```")).toThrow("behind this note comes no ts block");
    expect(() => page("<!-- run -->", "```sh", "```")).toThrow("behind this note comes no ts block");
    expect(() => page("<!-- run -->")).toThrow("behind this note comes no ts block");
    expect(() => page("```ts", "const a = 1;")).toThrow("docs/of-a-test.md:1: a block does not end");
    expect(() => page(...["1", "2"].flatMap(() => ["<!-- file: a.ts -->", "```ts", "```"]))).toThrow(
      "docs/of-a-test.md:6: the page has another file of this name",
    );
    expect(() => page("Text `<!--` and <!-- run -->")).toThrow(
      "docs/of-a-test.md:1: a comment begins a line",
    );
    expect(() => page("<!-- ts", "const a = 1;")).toThrow("docs/of-a-test.md:1: a comment does not end");
  });
});
