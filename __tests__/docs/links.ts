/** Where the links of a page lead, and the anchors that a page has, by GitHub's rules. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { codeOf, type Page, proseOf, ROOT } from "./page";

export interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

const CODE = /(`+)[^`]*\1/g;

/** How a target can be written: in a link or an image, in a definition of one, in HTML. */
const TARGET = /\]\(<?([^)>\s]+)|^\[[^\]]+\]: +(\S+)|(?:src|href)="([^"]+)"/g;

/** The links to files and anchors; not those to other sites. A text may run over several lines, and code has no links. */
export function linksOf(page: Page): Link[] {
  return proseOf(page).flatMap(({ text, number }) => {
    const targets = Array.from(
      text.replaceAll(CODE, "").matchAll(TARGET),
      ([, a, b, c]) => a ?? b ?? c ?? "",
    );
    const own = targets.filter((target) => !/^[a-z]+:/.test(target));
    return own.map((target) => ({ page: page.path, line: number, target }));
  });
}

/** The names of a page's headings. One that occurs again has a number. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseOf(page)) {
    const heading = /^#{1,6} +(.+?)(?: +#+)? *$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function slugOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** What is wrong with a link; undefined when it leads somewhere. */
export function problemOf(
  { page, line, target }: Link,
  pages: ReadonlyMap<string, Page>,
): string | undefined {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path)));
  const problem = (what: string) => `${page}:${line}: ${target}: ${what}`;
  if (file.startsWith("../") || !(pages.has(file) || existsSync(join(ROOT, file))))
    return problem("there is no such file");
  if (anchor === undefined) return undefined;
  const linked = pages.get(file);
  if (linked === undefined) return problem("only pages have anchors");
  return anchorsOf(linked).has(anchor) ? undefined : problem("there is no such heading");
}

const FOLDERS = /^(?:\.ci|__tests__|bench|cli|decorators|docs|infra|lib|samples|scripts)\/[\w./-]*$/;

/** The files and folders of this repository that are named in code spans. */
export function namedFilesOf(page: Page): Link[] {
  const named = codeOf(page).filter(({ text }) => FOLDERS.test(text));
  return named.map(({ text, number }) => ({ page: page.path, line: number, target: text }));
}
