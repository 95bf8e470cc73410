/** That each bug can be planted; `npm run planted` plants them, and has the simulation look for them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUGS } from "./bugs";

it.each(BUGS.map((bug) => [bug.name, bug] as const))("%s", (_name, bug) => {
  for (const { file, find, replace } of [bug, ...(bug.also ?? [])]) {
    const source = readFileSync(join(__dirname, "../../../lib", file), "utf8");
    expect(source.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  }
});

it("each has a name of its own, and there are 25 at least", () => {
  expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
  expect(BUGS.length).toBeGreaterThanOrEqual(25);
});
