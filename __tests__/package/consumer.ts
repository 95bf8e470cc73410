/**
 * A project that uses the package as it would be published: the files that npm packs, the dependencies that
 * package.json declares, and nothing else of this repository.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");
const FIXTURES = join(__dirname, "fixtures");

/** Tools of this repository, started by their own files. */
export const TOOLS = {
  jest: join(ROOT, "node_modules/jest/bin/jest.js"),
  rolldown: join(ROOT, "node_modules/rolldown/bin/cli.mjs"),
  tsc: join(ROOT, "node_modules/typescript/bin/tsc"),
  tsJest: join(ROOT, "node_modules/ts-jest"),
  tsx: join(ROOT, "node_modules/tsx/dist/loader.mjs"),
} as const;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Consumer {
  private constructor(
    readonly folder: string,
    readonly packedFiles: readonly string[],
  ) {}

  static async create(): Promise<Consumer> {
    const folder = await mkdtemp(join(tmpdir(), "durable-lambda-package-"));
    const built = join(folder, "build");
    await mkdir(built);
    // Not into the repository's own dist/: somebody else may be building there.
    await succeed(ROOT, TOOLS.tsc, ["-p", "tsconfig.build.json", "--outDir", join(built, "dist/types")]);
    await succeed(ROOT, TOOLS.rolldown, ["-c", "--log-level", "silent", "-d", join(built, "dist")]);
    await succeed(ROOT, join(ROOT, "scripts/build-template.mjs"), [join(built, "dist")]);
    await succeed(ROOT, join(ROOT, "scripts/build-page.mjs"), [join(built, "dist/cli/inspector")]);
    for (const name of ["package.json", "README.md", "LICENSE"]) {
      await cp(join(ROOT, name), join(built, name)).catch(ignoreMissing);
    }
    const packedFiles = await packed(built);
    const modules = join(folder, "node_modules");
    for (const file of packedFiles) await cp(join(built, file), join(modules, "durable-lambda", file));
    // As npm does it for programs.
    await chmod(join(modules, "durable-lambda/dist/cli/main.js"), 0o755);
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(join(ROOT, "package.json"), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    // @types/node is the consumer's own, as in every TypeScript project for Node.
    for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), "@types/node"]) {
      await link(modules, name);
    }
    return new Consumer(folder, packedFiles);
  }

  /** Packages of this repository, and what else is there already, with their programs: for scripts of a package.json. */
  async install(...names: readonly string[]): Promise<void> {
    const modules = join(this.folder, "node_modules");
    await mkdir(join(modules, ".bin"), { recursive: true });
    for (const name of names) {
      if (!existsSync(join(modules, name))) await link(modules, name);
      const { bin = {} } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8")) as {
        bin?: string | Record<string, string>;
      };
      for (const [program, file] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin)) {
        await symlink(join(modules, name, file), join(modules, ".bin", program));
      }
    }
  }

  /** A copy of the fixtures in a folder of its own, with further files. */
  async project(name: string, files: Readonly<Record<string, object>> = {}): Promise<string> {
    const project = join(this.folder, name);
    await cp(FIXTURES, project, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(project, file), JSON.stringify(content));
    }
    return project;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a program prints is for the test to read, and not the lines of turns. */
const QUIET = { LOG_LEVEL: "warn" };

/** Runs a file on this Node, without what this test run has put into the environment. */
export function runNode(cwd: string, file: string, args: readonly string[] = []): Promise<Outcome> {
  return run(cwd, process.execPath, ["--disable-warning=ExperimentalWarning", file, ...args]);
}

/** The same through tsx. */
export function runTsx(cwd: string, file: string): Promise<Outcome> {
  return run(cwd, process.execPath, ["--disable-warning=ExperimentalWarning", "--import", TOOLS.tsx, file]);
}

/** Runs what the shell finds under this name. @param environment variables beside those of every program here */
export function runProgram(
  cwd: string,
  program: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return run(cwd, program, args, environment);
}

/** Runs a tool and fails with its output unless it succeeds. */
export async function succeed(cwd: string, file: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runNode(cwd, file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
}

async function link(modules: string, name: string): Promise<void> {
  await mkdir(dirname(join(modules, name)), { recursive: true });
  await symlink(join(ROOT, "node_modules", name), join(modules, name), "junction");
}

/** The files that npm would publish from the folder. */
async function packed(folder: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(folder, "npm", [
    "pack",
    "--dry-run",
    "--json",
    "--ignore-scripts",
  ]);
  if (code !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  const [report] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return report?.files.map(({ path }) => path) ?? [];
}

/**
 * The output goes through files: Node quotes the line of an error, which in a minified bundle is megabytes, and drops what
 * a pipe does not take at once.
 */
async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { PATH, HOME } = process.env;
  const folder = await mkdtemp(join(tmpdir(), "durable-lambda-output-"));
  const [out, err] = await Promise.all(["out", "err"].map((name) => open(join(folder, name), "w+")));
  try {
    const child = spawn(program, args, {
      cwd,
      env: { PATH, HOME, ...QUIET, ...environment },
      stdio: ["ignore", out?.fd, err?.fd],
    });
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (exitCode) => resolve(exitCode ?? 1));
    });
    const [stdout, stderr] = await Promise.all(
      ["out", "err"].map((name) => readFile(join(folder, name), "utf8")),
    );
    return { code, stdout: stdout ?? "", stderr: (stderr ?? "").replaceAll(/^(.{500}).+$/gm, "$1…") };
  } finally {
    await Promise.all([out?.close(), err?.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
