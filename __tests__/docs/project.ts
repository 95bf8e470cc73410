/** A reader's own project: the files that a page names, in a folder of their own, with this repository in the package's place. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { projectOptions } from "./compilation";
import { parsePage, ROOT } from "./page";
import { type Snippet, snippetsOf } from "./snippets";

type Variables = Readonly<Record<string, string | undefined>>;

export class ReaderProject {
  readonly folder = mkdtempSync(join(tmpdir(), "durable-lambda-docs-"));
  readonly #children: ChildProcess[] = [];
  readonly #text: string;

  /** @param change what differs from the page: a port that is free */
  constructor(page: string, change: (code: string) => string = (code) => code) {
    this.#text = readFileSync(join(ROOT, page), "utf8");
    const { snippets } = snippetsOf(parsePage(page, this.#text));
    const name = ({ file }: Snippet) => relative(join(ROOT, page), file);
    const files = snippets.filter((snippet) => !name(snippet).startsWith("line-"));
    // Decorators as the standard has them: a new project has no tsconfig.json.
    const compilerOptions = { paths: absolutePaths() };
    this.#write("tsconfig.json", JSON.stringify({ compilerOptions }));
    this.#write("package.json", JSON.stringify({ name: "my-app", version: "1.0.0" }));
    // The CDK's bundling looks for it.
    this.#write("package-lock.json", "{}");
    for (const snippet of files) this.#write(name(snippet), change(snippet.code));
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"), "junction");
  }

  /** Starts `npx tsx …` or `node …` on this Node. @throws Error for what the page does not say */
  start(command: string, variables: Variables = {}): Program {
    if (!this.#text.includes(command)) throw new Error(`The page does not say ${command}.`);
    const [program, ...args] = command.split(" ");
    const words =
      program === "npx" && args[0] === "tsx" ? [require.resolve("tsx/cli"), ...args.slice(1)] : args;
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...words], {
      cwd: this.folder,
      env: { PATH, HOME, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.push(child);
    return new Program(child);
  }

  remove(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** A program that runs, and what it prints. */
export class Program {
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown[]>;
  #errors = "";

  constructor(private readonly child: ChildProcess) {
    this.#ended = once(child, "exit");
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    child.stderr?.on("data", (data: Buffer) => {
      this.#errors += data.toString();
    });
  }

  /** The next line of its output. @throws Error with what it says when it ends without one */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`The program has ended: ${this.#errors}`);
    return value;
  }

  /** What is left of its output, when it ends well. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next())
      lines.push(next.value);
    const [code] = await this.#ended;
    if (code !== 0) throw new Error(`The program has ended with ${code}: ${this.#errors}`);
    return lines;
  }

  /** What Ctrl-C does. */
  async interrupt(): Promise<void> {
    this.child.kill("SIGINT");
    await this.#ended;
  }
}

function absolutePaths(): Record<string, string[]> {
  const own = Object.entries(projectOptions().paths ?? {});
  return Object.fromEntries(own.map(([name, files]) => [name, files.map((file) => join(ROOT, file))]));
}
