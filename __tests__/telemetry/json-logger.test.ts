/** The default log, in a plain process of Node: what it writes, where, and what it loads for that. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { jsonLogger } from "durable-lambda";

const root = join(__dirname, "../..");

interface Run {
  readonly out: readonly Record<string, unknown>[];
  readonly err: readonly Record<string, unknown>[];
  readonly loaded: unknown;
}

async function run(env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--import",
      pathToFileURL(require.resolve("tsx")).href,
      join(root, "__tests__/fixtures/logs.ts"),
    ],
    {
      cwd: root,
      env: { PATH: process.env.PATH, TSX_TSCONFIG_PATH: join(root, "tsconfig.json"), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const outputs = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [out = [], err = []] = outputs.map((output) =>
    output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
  return { out: out.slice(0, -1), err, loaded: out.at(-1) };
}

const messages = ({ out, err }: Run) => [...out, ...err].map(({ message }) => message);
const LOGGER = "@aws-lambda-powertools/logger";

it("writes one object per line, with errors, and whatever cannot be written as JSON is", async () => {
  const { out, err } = await run({ POWERTOOLS_SERVICE_NAME: "shop" });
  expect(out).toMatchObject([
    {
      level: "INFO",
      message: "info",
      service: "shop",
      timestamp: expect.stringMatching(/^\d{4}-/) as string,
      big: "12",
      circular: { kept: 1 },
      at: "1970-01-01T00:00:00.000Z",
    },
  ]);
  expect(err).toMatchObject([
    {
      level: "WARN",
      message: "warn",
      error: {
        name: "RangeError",
        message: "out of range",
        stack: expect.stringContaining("logs.ts") as string,
        cause: { name: "TypeError", message: "the cause" },
      },
    },
    { level: "ERROR", message: "error", kept: "yes", throwing: "(cannot be written)" },
  ]);
});

it("loads Powertools with the first line, and nothing else: no metrics, and no OpenTelemetry", async () => {
  expect((await run()).loaded).toEqual({ before: [], after: [LOGGER] });
  expect((await run({ LOG_LEVEL: "silent" })).loaded).toEqual({ before: [], after: [] });
});

it.each<[Record<string, string>, readonly string[]]>([
  [{ LOG_LEVEL: "debug" }, ["debug", "info", "warn", "error"]],
  [{ LOG_LEVEL: "WARN" }, ["warn", "error"]],
  [{ POWERTOOLS_LOG_LEVEL: "error", LOG_LEVEL: "debug" }, ["error"]],
  [{ POWERTOOLS_LOG_LEVEL: "CRITICAL" }, []],
  [{ LOG_LEVEL: "loud" }, ["info", "warn", "error"]],
  [{ AWS_LAMBDA_LOG_LEVEL: "ERROR", LOG_LEVEL: "ERROR" }, ["error"]],
  [{ AWS_LAMBDA_LOG_LEVEL: "FATAL" }, []],
  [{ LOG_LEVEL: "ERROR", POWERTOOLS_LOGGER_SAMPLE_RATE: "1" }, ["debug", "info", "warn", "error"]],
])("with %j writes %j", async (env, levels) => {
  const written = messages(await run(env)).filter((message) =>
    /^(debug|info|warn|error)$/.test(String(message)),
  );
  expect(written).toEqual(levels);
});

it("says which levels it writes", () => {
  const { isEnabled } = jsonLogger("warn");
  expect((["debug", "info", "warn", "error"] as const).map((level) => isEnabled?.(level))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
