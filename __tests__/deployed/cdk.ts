/** The CDK's command line, as users run it, for one stack of the tests. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./eventually";

const ROOT = resolve(__dirname, "../..");
const CLI = join(ROOT, "node_modules/aws-cdk/bin/cdk");
const APP = `"${process.execPath}" scripts/run.js __tests__/deployed/stack.ts`;
const BOOTSTRAP_MS = 60_000;
const MAX_OUTPUT_BYTES = 16 * 1_024 * 1_024;

export class Cdk {
  /** @param environment for the stack's file */
  constructor(
    readonly stack: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Prepares the account, as is done once. Of several test files that begin with it at once, some are refused at first. */
  async bootstrap(): Promise<void> {
    await eventually(() => this.run("bootstrap"), BOOTSTRAP_MS);
  }

  /** @returns the stack's outputs, by their names */
  async deploy(): Promise<Readonly<Record<string, string>>> {
    const folder = await mkdtemp(join(tmpdir(), "durable-deployed-"));
    try {
      const file = join(folder, "outputs.json");
      await this.run("deploy", "--require-approval", "never", "--outputs-file", file);
      const outputs = JSON.parse(await readFile(file, "utf8")) as Record<string, Record<string, string>>;
      return outputs[this.stack] ?? {};
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async destroy(): Promise<void> {
    await this.run("destroy", "--force");
  }

  private async run(...args: string[]): Promise<void> {
    const output = await mkdtemp(join(tmpdir(), "durable-deployed-"));
    try {
      await promisify(execFile)(
        process.execPath,
        [CLI, ...args, "--app", APP, "--output", output, "--no-notices", "--ci"],
        {
          cwd: ROOT,
          maxBuffer: MAX_OUTPUT_BYTES,
          env: { ...process.env, ...this.environment, CDK_DISABLE_CLI_TELEMETRY: "true" },
        },
      );
    } catch (thrown) {
      const { stdout = "", stderr = "" } = thrown as { stdout?: string; stderr?: string };
      throw new Error(`cdk ${args[0]} failed:\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`, {
        cause: thrown,
      });
    } finally {
      await rm(output, { recursive: true });
    }
  }
}
