/** A project with an app, and the command line in it, as its user has them: the package as npm would publish it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Consumer, type Outcome, runNode } from "../package/consumer";

export class Project {
  private readonly servers = new Set<Server>();

  private constructor(
    readonly folder: string,
    /** The program's file. */
    readonly main: string,
  ) {}

  /** @param name of a folder beside others of the same consumer */
  static async in(
    consumer: Consumer,
    name: string,
    files: Readonly<Record<string, string>>,
  ): Promise<Project> {
    const main = join(consumer.folder, "node_modules/durable-lambda/dist/cli/main.js");
    const project = new Project(join(consumer.folder, name), main);
    await project.write({ "package.json": '{ "private": true }', ...files });
    return project;
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, name)), { recursive: true });
      await writeFile(join(this.folder, name), text);
    }
  }

  async edit(name: string, from: string, to: string): Promise<void> {
    const text = await readFile(join(this.folder, name), "utf8");
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    await writeFile(join(this.folder, name), text.replace(from, to));
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Outcome> {
    return runNode(this.folder, this.main, args);
  }

  /** Runs one that prints JSON, and succeeds. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    if (code !== 0) throw new Error(`durable-lambda ${args.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Starts a server, which goes on until it is stopped. */
  start(...args: readonly string[]): Server {
    const server = new Server(spawn(process.execPath, [this.main, ...args], { cwd: this.folder }));
    this.servers.add(server);
    return server;
  }

  async remove(): Promise<void> {
    await Promise.all([...this.servers].map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A process that prints what it does. */
export class Server {
  private text = "";
  private readonly ended: Promise<number | null>;
  private readonly looking = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.text += String(chunk);
        for (const look of this.looking) look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.on("exit", (code) => {
        resolve(code);
        for (const look of this.looking) look();
      });
    });
  }

  get printed(): string {
    return this.text;
  }

  /** Waits until it has printed this, behind what was waited for before. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.text.slice(this.seen));
        if (match !== null) {
          this.seen += match.index + match[0].length;
          this.looking.delete(look);
          resolve(match);
        } else if (this.child.exitCode !== null) {
          this.looking.delete(look);
          reject(new Error(`ended with ${this.child.exitCode} before it printed ${pattern}:\n${this.text}`));
        }
      };
      this.looking.add(look);
      look();
    });
  }
  private seen = 0;

  /** As Ctrl-C does. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill("SIGINT");
    return this.ended;
  }
}
