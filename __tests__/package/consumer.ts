/**
 * A project that uses the package as it would be published: the files that npm packs, the dependencies that
 * package.json declares, and nothing else of this repository.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
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
    for (const name of ["package.json", "README.md", "LICENSE"]) {
      await cp(join(ROOT, name), join(built, name)).catch(ignoreMissing);
    }
    const packedFiles = await packed(built);
    const modules = join(folder, "node_modules");
    for (const file of packedFiles) await cp(join(built, file), join(modules, "durable-lambda", file));
    const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    // @types/node is the consumer's own, as in every TypeScript project for Node.
    for (const name of [...Object.keys(dependencies), "@types/node"]) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(ROOT, "node_modules", name), join(modules, name), "junction");
    }
    return new Consumer(folder, packedFiles);
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

/** Runs a file on this Node, without what this test run has put into the environment. */
export function runNode(cwd: string, file: string, args: readonly string[] = []): Promise<Outcome> {
  return run(cwd, process.execPath, ["--disable-warning=ExperimentalWarning", file, ...args]);
}

/** The same through tsx. */
export function runTsx(cwd: string, file: string): Promise<Outcome> {
  return run(cwd, process.execPath, ["--disable-warning=ExperimentalWarning", "--import", TOOLS.tsx, file]);
}

/** Runs a tool and fails with its output unless it succeeds. */
export async function succeed(cwd: string, file: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runNode(cwd, file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
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

function run(cwd: string, program: string, args: readonly string[]): Promise<Outcome> {
  const { PATH, HOME } = process.env;
  return new Promise((settle) => {
    // Node quotes the line of an error, which in a minified bundle is megabytes.
    execFile(
      program,
      args,
      { cwd, env: { PATH, HOME }, maxBuffer: 256 * 1_024 * 1_024 },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
        // An error in a bundle quotes the whole line, which is the whole bundle.
        settle({ code, stdout, stderr: stderr.replaceAll(/^(.{500}).+$/gm, "$1…") });
      },
    );
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
