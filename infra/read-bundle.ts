/**
 * What the router's bundle is, before it is deployed: its actors, and the events that they listen to. The very file that goes
 * to Lambda is loaded, in a process of its own; no method runs, and without credentials nothing can be reached.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import { InvalidDefinition } from "../lib/errors";
import type { RouterOutline } from "../lib/outline";
import { shorten } from "../lib/quote";

export interface Bundle {
  /** The folder that goes to Lambda. */
  readonly folder: string;
  /** As in the function's handler, `index.handler`: the file, and the name of its export. */
  readonly handler: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Found {
  readonly routers?: readonly RouterOutline[];
  readonly exported?: readonly string[];
  readonly failure?: string;
}

const EXTENSIONS = [".js", ".mjs", ".cjs"];
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 16 * 1_024 * 1_024;
/** Of the machine's own variables, what a program needs to run at all. */
const KEPT = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot", "NODE_PATH"];
/** Whoever deploys may do much more than the app: their profiles are not to be found, nor is a role of the machine's. */
const NO_CREDENTIALS = {
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_CONFIG_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};
const NOT_KNOWN_YET = "known-when-deployed";

/**
 * @param bundle undefined when it is not at hand
 * @param environment what the function will have; what is undefined is known only when it is deployed, and replaced by a text
 * @param entry what errors call it
 * @throws InvalidDefinition when it cannot be loaded, makes no router, or does not export the handler
 */
export function readBundle(bundle: Bundle | undefined, environment: Variables, entry: string): RouterOutline {
  if (bundle === undefined) throw invalid(entry, "its code is no folder on this machine");
  const { folder, handler } = bundle;
  const dot = handler.lastIndexOf(".");
  const [file, name] = [handler.slice(0, dot), handler.slice(dot + 1)];
  const found = EXTENSIONS.map((extension) => file + extension).find((name) =>
    existsSync(join(folder, name)),
  );
  if (found === undefined) throw invalid(entry, `its bundle has no ${file}.js, .mjs or .cjs`, { handler });
  const { routers = [], exported = [], failure } = load(folder, found, environment, entry);
  if (failure !== undefined) throw invalid(entry, `loading it failed.\n\n${shorten(failure, 4_000)}\n`);
  if (!exported.includes(name)) {
    throw invalid(entry, `it does not export "${name}". Write: export const ${name} = createRouter([…])`, {
      handler,
      exported,
    });
  }
  if (routers.length === 0) {
    throw invalid(entry, `it makes no router. Write: export const ${name} = createRouter([…])`, { handler });
  }
  return routers.flat();
}

function load(folder: string, file: string, environment: Variables, entry: string): Found {
  const own = Object.entries(process.env).filter(([name]) => KEPT.includes(name));
  const known = Object.entries(environment).map(([name, value = NOT_KNOWN_YET]) => [name, value]);
  const { output, status, signal, error, stderr } = spawnSync(
    process.execPath,
    ["--enable-source-maps", require.resolve("./look"), folder, file],
    {
      env: {
        AWS_REGION: "us-east-1",
        ...NO_CREDENTIALS,
        // What is not in the bundle is in the project.
        NODE_PATH: join(process.cwd(), "node_modules"),
        ...Object.fromEntries([...own, ...known]),
      },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    },
  );
  const found = output?.[3];
  if (found) return JSON.parse(found) as Found;
  const how =
    error?.message ?? (signal === null ? `it ended with the code ${status}` : `it ended by ${signal}`);
  throw invalid(entry, `loading it did not come to an end: ${how}.\n\n${shorten(stderr ?? "", 4_000)}\n`);
}

function invalid(entry: string, problem: string, details: object = {}): InvalidDefinition {
  return new InvalidDefinition(
    `ActorApp cannot find out which events the actors of ${entry} listen to: ${problem}. ` +
      "The entry is loaded when the app is synthesised, with the function's environment and without credentials. " +
      "If that is not possible, say what they listen to: new ActorApp(…, { events: [] }).",
    { entry, ...details },
  );
}
