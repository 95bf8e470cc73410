/** Runs the blocks that are marked so, on the test kit: what they expect holds, and what their comments state is what comes. */
import { Notebook } from "./notebook";
import { readPages } from "./page";
import { snippetsOf } from "./snippets";

const pages = readPages()
  .map(snippetsOf)
  .filter(({ snippets }) => snippets.some(({ isRun }) => isRun));

beforeEach(() => {
  jest.spyOn(console, "log").mockImplementation();
});

test("there are blocks to run", () => {
  expect(pages.length).toBeGreaterThan(5);
});

describe.each(pages.map(({ snippets }) => ({ page: snippets[0]?.page, snippets })))("$page", ({ snippets }) => {
  const notebook = new Notebook(snippets);
  for (const snippet of snippets.filter(({ isRun }) => isRun)) {
    // An example of tests declares them here and now.
    const declared = /^test\(/m.test(snippet.text) ? notebook.declareTests(snippet) : Promise.resolve(undefined);
    test(`line ${snippet.line}`, async () => {
      expect(await declared).toBeUndefined();
      for (const { line, stated, meant, given } of await notebook.run(snippet)) {
        const at = { line: snippet.origins[line], stated };
        expect({ ...at, given }).toEqual({ ...at, given: meant });
      }
    });
  }
});
