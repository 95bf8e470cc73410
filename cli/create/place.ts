/** The folder that a new app goes to. Nothing in there is overwritten: it is not there yet, or as good as empty. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../output/usage-error";

/** What a folder may have that somebody has just made. */
const AS_GOOD_AS_NOTHING: ReadonlySet<string> = new Set([".git", ".DS_Store"]);
const SHOWN = 3;

export type Files = ReadonlyMap<string, string>;

export class Place {
  readonly folder: string;

  /** @param given as somebody writes it, from `cwd` */
  constructor(
    given: string,
    private readonly cwd: string,
  ) {
    this.folder = resolve(cwd, given);
  }

  /** The last part of its path. */
  get basename(): string {
    return basename(this.folder);
  }

  /** As it is typed from where the command was started; empty where that is the folder. */
  get shown(): string {
    const path = relative(this.cwd, this.folder);
    return path.startsWith("..") ? this.folder : path;
  }

  /** What keeps an app from going there; undefined when nothing is known to. */
  problem(): string | undefined {
    const name = this.shown || this.folder;
    if (!existsSync(this.folder)) return undefined;
    if (!statSync(this.folder).isDirectory()) return `${name} is there already, and is no folder.`;
    const found = readdirSync(this.folder).filter((entry) => !AS_GOOD_AS_NOTHING.has(entry));
    if (found.length === 0) return undefined;
    const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : "";
    return `${name} is not empty, and nothing is overwritten: it has ${found.slice(0, SHOWN).join(", ")}${more}.`;
  }

  /**
   * Writes all files, or none: what was made until something fails is removed again.
   * @param files their texts, by their paths in the folder
   * @throws UsageError when the folder is taken, or cannot be written to
   */
  fill(files: Files): void {
    const problem = this.problem();
    if (problem !== undefined) throw new UsageError(problem, { folder: this.folder });
    const undo: (() => void)[] = [];
    try {
      for (const [path, text] of files) {
        const file = join(this.folder, path);
        makeFolder(dirname(file), undo);
        // Not one that somebody else has made meanwhile.
        writeFileSync(file, "", { flag: "wx" });
        undo.push(() => rmSync(file, { force: true }));
        writeFileSync(file, text);
      }
    } catch (thrown) {
      for (const step of undo.reverse()) step();
      throw new UsageError(`Nothing was created: ${(thrown as Error).message}.`, { folder: this.folder });
    }
  }
}

/** With the folders above it. What else is in them by the time that they are to be removed again stays, and so do they. */
function makeFolder(folder: string, undo: (() => void)[]): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), undo);
  mkdirSync(folder);
  undo.push(() => {
    try {
      rmdirSync(folder);
    } catch {
      // Somebody else's file is in there.
    }
  });
}
