/** Runs the blocks that are marked so, on the test kit: what they expect holds, and what their comments state is what comes. */
import { Notebook } from "./notebook";
import { parsePage, readPages } from "./page";
import { leadingValue, meant, witnessed } from "./results";
import { snippetsOf } from "./snippets";

const pages = readPages()
  .map(snippetsOf)
  .filter(({ snippets }) => snippets.some(({ isRun }) => isRun));

beforeEach(() => {
  // What an example prints or logs is not for whoever reads the tests.
  jest.spyOn(console, "log").mockImplementation();
  process.env.POWERTOOLS_LOG_LEVEL = "SILENT";
});

test("there are blocks to run, and results that they state", () => {
  const runs = pages.flatMap(({ snippets }) => snippets.filter(({ isRun }) => isRun));
  expect(runs.length).toBeGreaterThan(25);
  expect(runs.flatMap(({ text }) => witnessed(text).results).length).toBeGreaterThan(25);
});

describe.each(pages.map(({ snippets }) => ({ page: snippets[0]?.page, snippets })))(
  "$page",
  ({ snippets }) => {
    const notebook = new Notebook(snippets);
    for (const snippet of snippets.filter(({ isRun }) => isRun)) {
      // An example of tests declares them here and now.
      const declared = /^test\(/m.test(snippet.text)
        ? notebook.declareTests(snippet)
        : Promise.resolve(undefined);
      test(`line ${snippet.line}`, async () => {
        expect(await declared).toBeUndefined();
        for (const { line, stated, meant, given } of await notebook.run(snippet)) {
          const at = { line: snippet.origins[line], stated };
          expect({ ...at, given }).toEqual({ ...at, given: meant });
        }
      });
    }
  },
);

describe("a page of a test", () => {
  const run = async (...lines: string[]) => {
    const { snippets } = snippetsOf(parsePage("docs/of-a-test.md", lines.join("\n")));
    const notebook = new Notebook(snippets);
    const last = snippets.at(-1);
    return last === undefined ? [] : notebook.run(last);
  };

  test("gives what came, beside what was stated", async () => {
    const results = await run(
      "<!-- ts",
      "const later = async (value: number) => value;",
      "-->",
      "```ts",
      "const sum = await later(1); // 2, of course",
      "sum; // the sum",
      "if (sum === 1) {",
      "  ({ sum, more: 0 }); // { sum, … }",
      "}",
      "```",
    );
    expect(results.map(({ line, given }) => ({ line, given }))).toEqual([
      { line: 1, given: 1 },
      { line: 4, given: { sum: 1, more: 0 } },
    ]);
    expect(results[0]?.given).not.toEqual(results[0]?.meant);
    expect(results[1]?.given).toEqual(results[1]?.meant);
  });

  test("fails where a block does, and where a stated result never comes", async () => {
    await expect(
      run("```ts", "contextKey('a').name satisfies string;", "contextKey.none();", "```"),
    ).rejects.toThrow("none is not a function");
    await expect(
      run("```ts", "if (contextKey === undefined) {", "  1 + 1; // 2", "}", "```"),
    ).rejects.toThrow("Nothing came of the line that states 2.");
  });
});

test.each([
  ["5, from anywhere", "5"],
  ["-3", "-3"],
  ['"a, b": the text', '"a, b"'],
  ["{ a: [1, { b }] } or others", "{ a: [1, { b }] }"],
  ["true", "true"],
  ["5 times", undefined],
  ["once the turn is committed", undefined],
  ["{ a: 1", undefined],
])("a comment %j states %j", (comment, value) => {
  expect(leadingValue(comment)).toBe(value);
});

test.each<[string, unknown, unknown]>([
  ["{ callId }", { callId: "a" }, {}],
  ["{ a: 1, … }", { a: 1, b: 2 }, { a: 2, b: 2 }],
  ["{ a: 1 }", { a: 1 }, { a: 1, b: 2 }],
  ['"begins …"', "begins and goes on", "does not begin"],
  ['["a"]', ["a"], ["a", "b"]],
])("%s means a value like %j, and none like %j", (value, like, unlike) => {
  expect(like).toEqual(meant(value));
  expect(unlike).not.toEqual(meant(value));
});
