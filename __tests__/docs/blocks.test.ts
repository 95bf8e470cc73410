/** The blocks of all pages: each TypeScript compiles as it stands there, each JSON parses, and none is left out unseen. */
import { compile } from "./compilation";
import { readPages } from "./page";
import { snippetsOf } from "./snippets";

const pages = readPages();
const all = pages.map(snippetsOf);
const snippets = all.flatMap((each) => each.snippets);

test("each block of TypeScript compiles", () => {

  expect(compile(snippets)).toEqual([]);
});
