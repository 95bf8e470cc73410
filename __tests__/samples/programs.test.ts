/** Runs each sample's program as a newcomer would: in a process of its own, and with nothing but its output to go by. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(__dirname, "../..");
const SAMPLES = join(ROOT, "samples");
const TSX = require.resolve("tsx/cli");
const run = promisify(execFile);

const programs = readdirSync(SAMPLES).filter((name) => existsSync(join(SAMPLES, name, "main.ts")));

test("there are programs", () => {
  expect(programs.length).toBeGreaterThan(0);
});

/** Programs take about 3 s; a machine that is busy with other tests gives them less of its time. */
const TIMEOUT_MS = 60_000;

test.each(programs)(
  "samples/%s/main.ts ends by itself and prints what it should",
  async (name) => {
    const { PATH, HOME } = process.env;
    // What `npx tsx samples/…/main.ts` does in the clone's root. It fails when the program does, with its stderr.
    const { stdout } = await run(process.execPath, [TSX, join("samples", name, "main.ts")], {
      cwd: ROOT,
      env: { PATH, HOME },
      timeout: TIMEOUT_MS,
    });
    expect(stdout).toBe(readFileSync(join(SAMPLES, name, "expected.txt"), "utf8"));
  },
  TIMEOUT_MS,
);
