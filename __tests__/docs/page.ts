/**
 * A page of the documentation as its tests see it: fenced blocks, prose, and comments, which markdown does not show. Comments
 * are notes to the tests; CONTRIBUTING.md says which there are.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "../..");

export interface Line {
  readonly text: string;
  /** In the file, from 1. */
  readonly number: number;
}

export interface Block {
  readonly kind: "block";
  /** What stands behind the fence. */
  readonly language: string;
  /** Of the fence. */
  readonly line: number;
  readonly lines: readonly Line[];
}

export interface Comment {
  readonly kind: "comment";
  readonly line: number;
  readonly lines: readonly Line[];
}

export interface Prose {
  readonly kind: "prose";
  readonly lines: readonly Line[];
}

export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly parts: readonly (Block | Comment | Prose)[];
}

/**
 * All pages that there are: whoever adds one adds it to the tests. That of the template speaks of the app that it becomes, and is
 * tested with that.
 */
export function readPages(): Page[] {
  const paths = globSync("**/*.md", {
    cwd: ROOT,
    exclude: ["**/node_modules", "dist", "docs/api", "coverage", "cli/template"],
  });
  return paths.sort().map((path) => parsePage(path, readFileSync(join(ROOT, path), "utf8")));
}

const FENCE = /^( *)(`{3,})(.*)$/;

/** @throws Error for a fence or a comment that does not end */
export function parsePage(path: string, text: string): Page {
  const lines = text.split("\n").map((line, index) => ({ text: line, number: index + 1 }));
  const parts: (Block | Comment | Prose)[] = [];
  let prose: Line[] = [];
  let next = 0;

  /** What is left up to the line that ends it; that one is taken, too. */
  function takeUntil(what: string, { number }: Line, isEnd: (line: Line) => boolean): Line[] {
    const end = lines.findIndex((line, index) => index >= next && isEnd(line));
    if (end === -1) throw new Error(`${path}:${number}: ${what} does not end.`);
    const taken = lines.slice(next, end);
    next = end + 1;
    return taken;
  }
  function add(part: Block | Comment): void {
    if (prose.length > 0) parts.push({ kind: "prose", lines: prose });
    prose = [];
    parts.push(part);
  }

  for (let line = lines[next]; line !== undefined; line = lines[next]) {
    next++;
    const fence = FENCE.exec(line.text);
    if (fence !== null) {
      const [, indent = "", ticks, info = ""] = fence;
      const inside = takeUntil("a block", line, ({ text: end }) => end.trim() === ticks);
      const unindented = inside.map((each) => ({ ...each, text: each.text.replace(indent, "") }));
      add({ kind: "block", language: info.trim(), line: line.number, lines: unindented });
    } else if (line.text.startsWith("<!--")) {
      next--;
      const inside = takeUntil("a comment", line, ({ text: end }) => end.endsWith("-->"));
      const all = [...inside, lines[next - 1] as Line].map(({ text: each, number }) => ({
        text: each.replace(/^<!--/, "").replace(/-->$/, ""),
        number,
      }));
      add({ kind: "comment", line: line.number, lines: all });
    } else if (line.text.replaceAll(/`[^`]*`/g, "").includes("<!--")) {
      throw new Error(`${path}:${line.number}: a comment begins a line.`);
    } else prose.push(line);
  }
  if (prose.length > 0) parts.push({ kind: "prose", lines: prose });
  return { path, parts };
}

export function blocksOf({ parts }: Page): Block[] {
  return parts.filter((part) => part.kind === "block");
}

/** What stands between backticks in the prose. */
export function codeOf(page: Page): Line[] {
  return proseOf(page).flatMap(({ text, number }) =>
    Array.from(text.matchAll(/`([^`]+)`/g), ([, code = ""]) => ({ text: code, number })),
  );
}

/** The text outside of blocks and comments, line by line. */
export function proseOf({ parts }: Page): Line[] {
  return parts.flatMap((part) => (part.kind === "prose" ? part.lines : []));
}
