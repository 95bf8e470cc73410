/** The commands of the pages, in blocks and in the prose, name scripts, files and options that there are. */
import { basename, join, relative } from "node:path";
import { commandsOf, problemOf } from "./commands";
import { blocksOf, codeOf, type Page, ROOT, readPages } from "./page";
import { snippetsOf } from "./snippets";

const pages = readPages();

/** Each script of a page with its line: what its sh blocks have, and what its prose has between backticks. */
function scriptsOf(page: Page): { readonly line: number; readonly script: string }[] {
  const blocks = blocksOf(page)
    .filter(({ language }) => language === "sh")
    .map(({ line, lines }) => ({ line, script: lines.map(({ text }) => text).join("\n") }));
  const prose = codeOf(page)
    // A name in brackets stands for any.
    .filter(({ text }) => /^(npm|npx|node) /.test(text) && !text.includes("<"))
    .map(({ text, number }) => ({ line: number, script: text }));
  return [...blocks, ...prose];
}

function problemsOf(page: Page): string[] {
  const files = snippetsOf(page).snippets.map(({ file }) => relative(join(ROOT, page.path), file));
  return scriptsOf(page).flatMap(({ line, script }) =>
    commandsOf(script).flatMap((words) => {
      const problem = problemOf(words, files);
      return problem === undefined ? [] : [`${page.path}:${line}: ${words.join(" ")}: ${problem}`];
    }),
  );
}

test("each command names what there is", () => {
  expect(pages.flatMap(scriptsOf).length).toBeGreaterThan(60);
  expect(pages.flatMap(problemsOf)).toEqual([]);
});

test("a script is split into commands, without comments and variables", () => {
  expect(commandsOf("mkdir a && cd a # here\n\nA=1 B=… … npm test -- \\\n  -t 'a # b'\n# nothing")).toEqual([
    ["mkdir", "a"],
    ["cd", "a"],
    ["npm", "test", "--", "-t", "a # b"],
  ]);
});

test.each([
  ["npm strat", "there is no script strat"],
  ["npm run bench:nothing", "there is no script bench:nothing"],
  ["npm run bench:costs --ms 60", "npm takes --ms for itself: put -- before it"],
  ["npm run bench:costs -- --milliseconds 60", "bench/costs.ts knows no option --milliseconds"],
  ["npm test -- no-such-test", "no test file has no-such-test in its path"],
  ["npm create durable my-app", "there is no package create-durable"],
  ["npm create durable-lambda my-app --no-git", "npm takes --no-git for itself: put -- before it"],
  ["npm create durable-lambda my-app -- --no-gti", "create knows no option --no-gti"],
  ["npm install left-pad", "the project does not use a package left-pad"],
  ["npx tsx samples/none/main.ts", "there is no file samples/none/main.ts"],
  ["npx ctk deploy", "the project has no program ctk"],
  ['npx cdk deploy --app "npx tsx stack.ts"', "there is no file stack.ts"],
  ["node --import tsx --test nothing.test.ts", "there is no file nothing.test.ts"],
  ["durable dev", "what is durable?"],
  ["npx durable-lambda ded list", "durable-lambda has no command ded"],
  ["npx durable-lambda dead lst", "dead has no command lst"],
  ["durable-lambda dead list --stak S", "list knows no option --stak"],
  ["durable-lambda state Counter", "state takes at least 2 arguments"],
  ["durable-lambda list Counter c1 --limit 5", "list takes 1 arguments"],
])("finds what is wrong with %s", (command, problem) => {
  expect(commandsOf(command).map((words) => problemOf(words, [basename("src/call.ts")]))).toEqual([problem]);
});
