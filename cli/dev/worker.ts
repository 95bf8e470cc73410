/**
 * The process that runs the app's code: `worker.js`, started by the development server. It loads one build, then runs its actors on
 * the embedded engine of the project's own copy of this package. It ends with the server.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { LocalApp, LocalOptions } from "../../lib/local/local-app";
import type { RouterOutline, RouterParts } from "../../lib/outline";
import { problemOf } from "./load-problem";
import { type FromWorker, PASS_HEADER, type ToWorker } from "./protocol";
import { turnLogger } from "./turn-logger";

type Local = typeof import("durable-lambda/local");
type Package = typeof import("durable-lambda");

interface Router extends RouterParts {
  readonly outline: RouterOutline;
}

const routers: Router[] = [];
Object.assign(globalThis, {
  [Symbol.for("durable-lambda.looker")]: (outline: RouterOutline, parts: RouterParts) =>
    routers.push({ ...parts, outline }),
});

let router: Router | undefined;
let app: LocalApp | undefined;

function tell(message: FromWorker): void {
  process.send?.(message);
}

async function load(bundle: string, entry: string): Promise<Router> {
  const loaded = (await import(pathToFileURL(bundle).href)) as Readonly<Record<string, unknown>>;
  if (routers.length === 0) routeExported(loaded, projectRequire(bundle)("durable-lambda") as Package);
  const [found, ...more] = routers;
  if (found === undefined) {
    throw new Error(
      `${entry} makes no router and exports no actor. Write: export const handler = createRouter([Counter]);`,
    );
  }
  if (more.length > 0) throw new Error(`${entry} makes ${routers.length} routers: an app has one.`);
  return found;
}

/** An entry that exports its actors, and leaves the router to another file. */
function routeExported(
  loaded: Readonly<Record<string, unknown>>,
  { DurableActor, createRouter }: Package,
): void {
  const { default: inner } = loaded;
  const exported = new Set([loaded, inner].flatMap((from) => Object.values((from ?? {}) as object)));
  const actors = [...exported].filter(
    (value): value is LocalOptions["actors"][number] =>
      typeof value === "function" && value.prototype instanceof DurableActor,
  );
  if (actors.length > 0) createRouter(actors);
}

async function run(
  { actors, options }: Router,
  bundle: string,
  file: string,
  pass: string,
): Promise<LocalApp> {
  const { startLocal } = projectRequire(bundle)("durable-lambda/local") as Local;
  const { use, limits, log, logArguments, authorize } = options as Partial<LocalOptions>;
  return startLocal({
    actors,
    file,
    stack: true,
    ...(use === undefined ? {} : { use }),
    ...(limits === undefined ? {} : { limits }),
    ...(logArguments === undefined ? {} : { logArguments }),
    ...(authorize === undefined
      ? {}
      : { authorize: (call) => call.headers[PASS_HEADER] === pass || authorize(call) }),
    log: turnLogger((turn) => tell({ kind: "turn", turn }), log),
  });
}

/** The project has its own copy of this package, and its classes are those that its actors extend. */
function projectRequire(bundle: string): NodeJS.Require {
  return createRequire(pathToFileURL(bundle));
}

async function answer(message: ToWorker, bundle: string): Promise<void> {
  switch (message.kind) {
    case "load":
      router = await load(message.bundle, message.entry);
      return tell({ kind: "loaded", actors: router.outline });
    case "run":
      if (router === undefined) return;
      app = await run(router, bundle, message.file, message.pass);
      return tell({ kind: "running", url: app.url });
    case "stop":
      return stop();
  }
}

async function stop(): Promise<never> {
  await app?.close();
  process.exit(0);
}

let bundle = "";
process.on("message", (message: ToWorker) => {
  if (message.kind === "load") bundle = message.bundle;
  answer(message, bundle).catch((thrown: unknown) => {
    tell({
      kind: "failed",
      problem: problemOf(thrown),
      ...(thrown instanceof Error ? { stack: String(thrown.stack) } : {}),
    });
  });
});
// The server is gone, however it went.
process.on("disconnect", () => void stop());
// Ctrl-C reaches the whole group; the server says when to stop.
process.on("SIGINT", () => {});
