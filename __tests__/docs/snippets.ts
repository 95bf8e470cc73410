/**
 * The TypeScript of a page as modules that can be compiled and run: one for each block, and one for each hidden comment. A name
 * that a module does not declare is that of the nearest module above it on the page that does, or the first one below it; or
 * else, in a block that imports nothing from the package, the package's.
 */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type ts from "typescript";
import { type Declared, declaredNames, importedModules, parse, reexportedNames, usedNames } from "./names";
import { type Block, type Comment, type Line, type Page, ROOT } from "./page";

export interface Snippet {
  readonly page: string;
  /** The line of the page where it begins. */
  readonly line: number;
  /** A path that no file has: a folder for the page, and a file for each of its modules. */
  readonly file: string;
  readonly isHidden: boolean;
  readonly isRun: boolean;
  /** As it stands on the page, in its frame. */
  readonly code: string;
  /** What is compiled, and for each of its lines the page's. */
  readonly text: string;
  readonly origins: readonly number[];
}

/** A block that is not compiled, and why. */
export interface LeftOut {
  readonly page: string;
  readonly line: number;
  readonly reason: string;
}

export interface Snippets {
  readonly snippets: readonly Snippet[];
  readonly leftOut: readonly LeftOut[];
}

/** In a hidden comment: where the next block goes. */
const PLACE = "…";

/** @throws Error for a comment that says nothing to the tests, a note with no block of TypeScript behind it, a name given twice */
export function snippetsOf({ path: page, parts }: Page): Snippets {
  const drafts: Draft[] = [];
  const leftOut: LeftOut[] = [];
  let notes: Notes = {};
  /** Notes are for the block behind them, and nothing may come between but empty lines. */
  function checkNoneIsLeft(): void {
    if (notes.line !== undefined)
      throw new Error(`${page}:${notes.line}: behind this note comes no ts block.`);
  }
  for (const part of parts) {
    if (part.kind === "comment") {
      const hidden = hiddenModule(part);
      if (hidden === undefined) notes = { ...notes, ...noteOf(page, part) };
      else if (hidden.lines.some(isPlace)) {
        notes = { ...notes, line: part.line, frame: hidden.lines, ...(hidden.isRun ? { isRun: true } : {}) };
      } else drafts.push(draft(page, part.line, hidden.lines, { isHidden: true, isRun: hidden.isRun }));
    } else if (part.kind === "block" && part.language === "ts") {
      const { reason } = notes;
      if (reason === undefined) drafts.push(draft(page, part.line + 1, framed(part, notes), notes));
      else leftOut.push({ page, line: part.line, reason });
      notes = {};
    } else if (part.kind === "block" || !isBlank(part)) checkNoneIsLeft();
  }
  checkNoneIsLeft();
  const again = drafts.find(({ file }, index) => drafts.findIndex((each) => each.file === file) < index);
  if (again !== undefined) throw new Error(`${page}:${again.line}: the page has another file of this name.`);
  return { snippets: drafts.map(snippet), leftOut };
}

interface Notes {
  /** Of the last one. */
  readonly line?: number;
  readonly file?: string;
  readonly isRun?: boolean;
  readonly isHidden?: boolean;
  readonly reason?: string;
  readonly frame?: readonly Line[];
}

function noteOf(page: string, { line, lines }: Comment): Notes {
  const text = lines.map((each) => each.text).join("\n");
  const [, key, value] = /^ (file|run|not compiled)(?:: (.+))? $/.exec(text) ?? [];
  if (key === "file" && value !== undefined) return { line, file: value };
  if (key === "run" && value === undefined) return { line, isRun: true };
  if (key === "not compiled" && value !== undefined) return { line, reason: value };
  throw new Error(`${page}:${line}: the tests do not understand the comment "${text.trim()}".`);
}

/** The lines between `<!-- ts`, or `<!-- ts run`, and `-->`. */
function hiddenModule({
  lines: [first, ...rest],
}: Comment): { lines: readonly Line[]; isRun: boolean } | undefined {
  const found = /^ ts( run)?$/.exec(first?.text ?? "");
  return found === null ? undefined : { lines: rest, isRun: found[1] !== undefined };
}

function framed({ lines }: Block, { frame }: Notes): readonly Line[] {
  return frame === undefined ? lines : frame.flatMap((line) => (isPlace(line) ? lines : [line]));
}

function isPlace({ text }: Line): boolean {
  return text.trim() === PLACE;
}

function isBlank({ lines }: { readonly lines: readonly Line[] }): boolean {
  return lines.every(({ text }) => text.trim() === "");
}

interface Draft {
  readonly page: string;
  readonly line: number;
  readonly lines: readonly Line[];
  readonly notes: Notes;
  readonly file: string;
  readonly source: ts.SourceFile;
  readonly declares: ReadonlyMap<string, Declared>;
  /** What other modules of the page may use. What a block imports it imports for itself; a hidden comment does it for others. */
  readonly shares: ReadonlyMap<string, Declared>;
}

function draft(page: string, line: number, lines: readonly Line[], notes: Notes): Draft {
  const source = parse(lines.map(({ text }) => text).join("\n"));
  const declares = declaredNames(source);
  const shares = new Map(Array.from(declares).filter(([, { isImported }]) => notes.isHidden || !isImported));
  const file = join(ROOT, page, notes.file ?? `line-${line}.ts`);
  return { page, line, lines, notes, file, source, declares, shares };
}

function snippet(own: Draft, index: number, drafts: readonly Draft[]): Snippet {
  const { page, line, lines, file, shares, notes } = own;
  const { isRun = false, isHidden = false } = notes;
  const exports = Array.from(shares)
    .filter(([, { isExported }]) => !isExported)
    .map(([name, { kind }]) => (kind === "type" ? `type ${name}` : name));
  const code = lines.map((each) => each.text).join("\n");
  const imports = importsOf(own, drafts.slice(0, index), drafts.slice(index + 1));
  const text = [imports, code, `export { ${exports.join(", ")} };`].join("\n");
  const origins = [line, ...lines.map(({ number }) => number), lines.at(-1)?.number ?? line];
  return { page, line, file, isHidden, isRun, code, text, origins };
}

/** One line that imports what the module uses and does not declare. */
function importsOf(
  { source, declares, file }: Draft,
  above: readonly Draft[],
  below: readonly Draft[],
): string {
  const isComplete = importedModules(source).some((name) => name.startsWith("durable-lambda"));
  const isThere = (name: string) => (each: Draft) => each.shares.has(name);
  return Array.from(usedNames(source), (name) => {
    if (declares.has(name)) return "";
    const from = above.findLast(isThere(name)) ?? below.find(isThere(name));
    if (from !== undefined) return `import { ${name} } from "${relative(file, from.file)}";`;
    const entry = isComplete ? undefined : PACKAGE.get(name);
    return entry === undefined ? "" : `import { ${name} } from "${entry}";`;
  }).join("");
}

const ENTRIES = {
  "durable-lambda": "lib/index.ts",
  "durable-lambda/local": "lib/local/index.ts",
  "durable-lambda/testing": "lib/testing/index.ts",
  "durable-lambda/aws": "lib/aws/index.ts",
  "durable-lambda/infra": "infra/index.ts",
} as const;

/** Each name that the package exports, with the first entry that has it. */
const PACKAGE: ReadonlyMap<string, string> = new Map(
  Object.entries(ENTRIES)
    .flatMap(([entry, file]) =>
      reexportedNames(parse(readFileSync(join(ROOT, file), "utf8"))).map((name) => [name, entry] as const),
    )
    .reverse(),
);

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, "");
  return path.startsWith(".") ? path : `./${path}`;
}
