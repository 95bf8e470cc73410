/** The package manager that somebody uses: it has started this command, and says so in the environment. */
import { spawn } from "node:child_process";
import { DurableError } from "../../lib/errors";

interface Words {
  readonly install: readonly string[];
  /** What stands before the name of a script. */
  readonly run: string;
  /** What stands before a program of an installed package. */
  readonly exec: string;
}

const KNOWN = {
  // Its advice is for somebody who looks after an app that has been there for a while.
  npm: { install: ["install", "--no-audit", "--no-fund", "--loglevel=error"], run: "npm run", exec: "npx" },
  pnpm: { install: ["install"], run: "pnpm", exec: "pnpm" },
  yarn: { install: ["install"], run: "yarn", exec: "yarn" },
  bun: { install: ["install"], run: "bun run", exec: "bunx" },
} as const satisfies Readonly<Record<string, Words>>;

type Name = keyof typeof KNOWN;

/** What npm runs without being told that it is a script. */
const SHORT: ReadonlySet<string> = new Set(["start", "test"]);
/** Of what it says when it fails. */
const LINES = 20;
/** As shells have it for what Ctrl-C ends. */
const INTERRUPTED = 130;

export class PackageManager {
  private readonly words: Words;

  private constructor(readonly name: Name) {
    this.words = KNOWN[name];
  }

  /** @param userAgent the variable `npm_config_user_agent`, such as `pnpm/10.4.1 npm/? node/v24.1.0 linux x64` */
  static of(userAgent = ""): PackageManager {
    const [name = ""] = userAgent.split("/");
    return new PackageManager(Object.hasOwn(KNOWN, name) ? (name as Name) : "npm");
  }

  /** How a script of the app is run. */
  run(script: string): string {
    return this.name === "npm" && SHORT.has(script) ? `npm ${script}` : `${this.words.run} ${script}`;
  }

  /** How a program of an installed package is run. */
  exec(command: string): string {
    return `${this.words.exec} ${command}`;
  }

  get installCommand(): string {
    return `${this.name} install`;
  }

  /** Resolves when the app's packages are there. @throws DurableError `InstallFailed` */
  async install(folder: string): Promise<void> {
    // A shell finds what Windows starts by another name, such as npm.cmd.
    const child = spawn(this.name, this.words.install, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      // In production they leave out what an app is tested and deployed with.
      env: { ...process.env, NODE_ENV: "development" },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
    // Ctrl-C at the spinner ends this process alone, and as if all were well.
    const endToo = () => {
      child.kill();
      process.exitCode = INTERRUPTED;
    };
    process.once("exit", endToo);
    try {
      const how = await new Promise<string | undefined>((resolve) => {
        child.on("error", ({ message }) => resolve(message));
        child.on("close", (code, signal) =>
          resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)),
        );
      });
      if (how !== undefined) throw this.failure(folder, how, said);
    } finally {
      process.off("exit", endToo);
    }
  }

  private failure(folder: string, how: string, said: string): DurableError {
    const lines = said.trim().split("\n").slice(-LINES).join("\n");
    return new DurableError(
      "InstallFailed",
      `${this.installCommand} did not succeed (${how}). The app is in ${folder}, without its packages: ` +
        `run ${this.installCommand} there when the reason is mended.${lines === "" ? "" : `\n\n${lines}\n`}`,
      { details: { folder, command: this.installCommand } },
    );
  }
}
