/** Keeps imports pointing one way: core ← telemetry, decorators, client, runtime ← aws, local ← testing (design: layers). */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Import, parseSource, readSources, resolveImport, type SourceFile } from "./support/imports";

const ROOT = resolve(__dirname, "..");
const FOLDERS = ["lib", "decorators", "infra", "cli", "samples"].filter((folder) =>
  existsSync(resolve(ROOT, folder)),
);

const METADATA = "lib/metadata.ts";

type Layer = keyof typeof MAY_IMPORT;

/** What each layer may import besides itself. */
const MAY_IMPORT = {
  core: [],
  telemetry: ["core"],
  decorators: ["core"],
  client: ["core", "telemetry"],
  runtime: ["core", "telemetry"],
  // What people see of an app: of the runtime only how it reads what is stored.
  inspect: ["core", "runtime"],
  aws: ["core", "client", "runtime", "inspect"],
  local: ["core", "telemetry", "client", "runtime", "inspect"],
  testing: ["core", "client", "runtime", "local"],
  // What users import. `aws` only in app.ts and only when it is needed; see `allowed`.
  entry: ["core", "telemetry", "decorators", "client", "runtime", "inspect"],
  // Of the adapters only what says what tables and queues are like; see `allowed`.
  infra: ["core", "telemetry"],
  // It also asks for `durable-lambda/aws` by that name.
  cli: ["core", "telemetry", "client", "runtime", "inspect", "local"],
  // It runs in a browser: of what runs in Node it knows only types; see `allowed`.
  page: ["core", "inspect", "runtime", "local", "cli"],
  samples: [],
} as const satisfies Record<string, readonly string[]>;

interface PackageRule {
  readonly pattern: RegExp;
  readonly layers: readonly Layer[];
  /** Loaded by a call, when it is needed: who imports this package does not pay for it. */
  readonly isLazy?: true;
}

const PACKAGES: readonly PackageRule[] = [
  { pattern: /^(aws-cdk-lib|constructs)(\/|$)/, layers: ["infra", "samples"] },
  { pattern: /^(@aws-sdk|@smithy|@aws-crypto)\//, layers: ["aws"] },
  { pattern: /^(node:)?sqlite$/, layers: ["local", "testing"] },
  {
    pattern: /^(commander|@clack\/prompts|fastest-levenshtein)(\/|$)/,
    layers: ["cli"],
  },
  { pattern: /^preact(\/|$)/, layers: ["page"] },
  // Which of the samples, their own rule says.
  { pattern: /^(hono|@hono\/node-server)(\/|$)/, layers: ["cli", "samples"] },
  { pattern: /^(@aws-lambda-powertools|@opentelemetry)\//, layers: ["telemetry"], isLazy: true },
];

function layerOf(path: string): Layer | undefined {
  if (/^lib\/(index|app|durable)\.ts$/.test(path)) return "entry";
  if (/^lib\/([^/]+|(values|messages|calling|events|reminders|state)\/[^/]+)\.ts$/.test(path)) return "core";
  // A user's app, too.
  if (path.startsWith("cli/template/")) return "samples";
  if (path.startsWith("cli/inspector/page/")) return "page";
  const folder = /^(?:lib\/)?([^/]+)\//.exec(path)?.[1] ?? "";
  return folder in MAY_IMPORT ? (folder as Layer) : undefined;
}

function allowed(from: string, to: string, kind: Import["kind"]): boolean {
  const [source, target] = [layerOf(from), layerOf(to)];
  if (source === undefined || target === undefined) return false;
  if (source === "page" && target !== "page" && kind !== "type") return false;
  if (source === target || (MAY_IMPORT[source] as readonly Layer[]).includes(target)) return true;
  // It carries a call from a client into a runtime: it belongs to both sides.
  if (from === "lib/client/inline-transport.ts" && target === "runtime") return true;
  if (source === "infra" && to === "lib/aws/resources.ts") return true;
  return from === "lib/app.ts" && target === "aws" && kind !== "value";
}

function violationsIn({ path, imports, metadataCalls }: SourceFile): string[] {
  const layer = layerOf(path);
  if (layer === undefined) return [`${path} belongs to no layer: name its folder in layers.test.ts`];
  const found: string[] = [];
  for (const { name, kind } of imports) {
    const target = resolveImport(ROOT, path, name);
    const rule =
      target === undefined ? packageRule(path, layer, name, kind) : directionRule(path, layer, target, kind);
    if (rule !== undefined) found.push(`${path} imports "${name}" (${kind}): ${rule}`);
  }
  if (path === METADATA) return found;
  return [...found, ...metadataCalls.map((call) => `${path} uses Reflect.${call}: only ${METADATA} may`)];
}

/** The rule that importing this file breaks, if any. */
function directionRule(path: string, layer: Layer, target: string, kind: Import["kind"]): string | undefined {
  if (allowed(path, target, kind)) return undefined;
  return `${layer} may import ${[layer, ...MAY_IMPORT[layer]].join(", ")}`;
}

/** The rule that importing this package breaks, if any. */
function packageRule(path: string, layer: Layer, name: string, kind: Import["kind"]): string | undefined {
  const rule = PACKAGES.find(({ pattern }) => pattern.test(name));
  if (rule !== undefined && !rule.layers.includes(layer)) return `only ${rule.layers.join(", ")} may`;
  if (rule?.isLazy && kind === "value") return "only by a require() when it is needed";
  if (name.startsWith("reflect-metadata") && path !== METADATA) return `only ${METADATA} may`;
  if (layer === "samples" && !forSample(path).test(name)) {
    return "samples import durable-lambda…, node:… and their own files; their stack.ts the CDK; those with a server Hono";
  }
  return undefined;
}

/** The packages that a file of a sample may import. */
function forSample(path: string): RegExp {
  if (path.endsWith("/stack.ts") || path.startsWith("cli/template/infra/"))
    return /^(durable-lambda|aws-cdk-lib)(\/|$)/;
  if (/^samples\/(api|chat)\//.test(path))
    return /^(durable-lambda(\/.*)?|node:.*|(hono|@hono\/node-server)(\/.*)?)$/;
  return /^(durable-lambda(\/.*)?|node:.*)$/;
}

/** The first cycle found among run-time imports, as a list of files. */
function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  function walk(path: string, trail: readonly string[]): string[] | undefined {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    const file = byPath.get(path);
    if (file === undefined || finished.has(path)) return undefined;
    for (const { name, kind } of file.imports) {
      const target = kind === "type" ? undefined : resolveImport(ROOT, path, name);
      const cycle = target === undefined ? undefined : walk(target, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(path);
    return undefined;
  }
  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const files = readSources(ROOT, FOLDERS);

test("every import points in the allowed direction", () => {
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap(violationsIn)).toEqual([]);
});

test("no files import each other in a circle at run time", () => {
  expect(findCycle(files)).toBeUndefined();
});

test.each([
  ["lib/store.ts", 'import { Runtime } from "./runtime/runtime";'],
  ["lib/values/codec.ts", 'export * from "../client/client";'],
  ["lib/lease.ts", 'import { createClient } from "./app";'],
  ["lib/client/client.ts", 'import type { Runtime } from "../runtime/runtime";'],
  ["lib/runtime/call.ts", 'import { DynamoStore } from "../aws/dynamo-store";'],
  ["lib/runtime/call.ts", 'const { Actor } = await import("../../decorators");'],
  ["lib/local/local-app.ts", 'type Aws = typeof import("../aws/index");'],
  ["lib/aws/index.ts", 'import { startLocal } from "../local";'],
  ["lib/app.ts", 'import { lambdaTransport } from "./aws/index";'],
  ["lib/index.ts", 'export { startLocal } from "./local";'],
  ["lib/durable.ts", 'import { portsFromEnvironment } from "./aws/from-environment";'],
  ["lib/durable-event.ts", 'import { createRouter } from "./app";'],
  ["lib/runtime/call.ts", 'import type { AttributeValue } from "@aws-sdk/client-dynamodb";'],
  ["lib/runtime/call.ts", 'const { DatabaseSync } = require("node:sqlite");'],
  ["lib/local/local-app.ts", 'import signature = require("@smithy/signature-v4");'],
  ["lib/app.ts", 'const { Logger } = require("@aws-lambda-powertools/logger");'],
  ["lib/runtime/telemetry/recorder.ts", 'import type { Span } from "@opentelemetry/api";'],
  ["lib/telemetry/tracing.ts", 'import { trace } from "@opentelemetry/api";'],
  ["lib/telemetry/metrics.ts", 'import type { Host } from "../runtime/host";'],
  ["lib/log.ts", 'import { jsonLogger } from "./telemetry/json-logger";'],
  ["lib/definition.ts", 'import "reflect-metadata";'],
  ["decorators/method.ts", 'Reflect.getMetadata("design:type", Object, "x");'],
  ["samples/counter/counter.ts", 'import { Actor } from "../../lib";'],
  ["samples/counter/counter.ts", 'import { PutCommand } from "@aws-sdk/lib-dynamodb";'],
  ["samples/counter/counter.ts", 'import fastify from "fastify";'],
  ["cli/template/src/show.ts", 'import { Actor } from "../../../lib";'],
  ["cli/create/place.ts", 'import { Show } from "../template/src/show";'],
  ["cli/commands/call.ts", 'import { DynamoStore } from "../../lib/aws/dynamo-store";'],
  ["lib/local/local-app.ts", 'import { DevServer } from "../../cli/dev/dev-server";'],
  ["lib/app.ts", 'import { Hono } from "hono";'],
  ["samples/counter/counter.ts", 'import { Hono } from "hono";'],
  ["samples/api/app.ts", 'import { zValidator } from "@hono/zod-validator";'],
  ["samples/api/stack.ts", 'import { Hono } from "hono";'],
  ["samples/chat/app.ts", 'import { App } from "aws-cdk-lib";'],
  ["cli/inspector/page/app.tsx", 'import { pack } from "../../../lib/values/codec";'],
  ["cli/inspector/server.ts", 'import { render } from "preact";'],
  ["lib/unknown/file.ts", ""],
])("refuses in %s: %s", (path, text) => {
  expect(violationsIn(parseSource(path, text))).toEqual([expect.stringContaining(path)]);
});

test.each([
  ["lib/app.ts", 'const aws = () => require("./aws/index") as typeof import("./aws/index");', 2],
  ["lib/client/inline-transport.ts", 'import { invoke } from "../runtime/invoke";', 1],
  ["lib/telemetry/tracing.ts", 'const api = () => require("@opentelemetry/api") as Api;', 1],
  ["lib/durable.ts", 'import { createRouter, type RouterOptions } from "./app";', 1],
  ["decorators/actor.ts", 'import { type ActorOptions, defineActor } from "../lib/definition";', 1],
  ["samples/tour/tour.ts", 'import { startLocal } from "durable-lambda/local";', 1],
  ["cli/inspector/page/app.tsx", 'import type { AppInfo } from "../api";', 1],
  ["samples/api/lambda.ts", 'import { handle } from "hono/aws-lambda";', 1],
  ["samples/chat/serve.ts", 'import { createAdaptorServer } from "@hono/node-server";', 1],
])("allows in %s: %s", (path, text, count) => {
  const file = parseSource(path, text);
  expect(file.imports).toHaveLength(count);
  expect(violationsIn(file)).toEqual([]);
});

test("finds a circle, but not through type-only imports", () => {
  const circle = (line: string) => [
    parseSource("lib/lease.ts", 'import { hash } from "./random";'),
    parseSource("lib/random.ts", line),
  ];
  expect(findCycle(circle('export { leaseEnd } from "./lease";'))).toEqual([
    "lib/lease.ts",
    "lib/random.ts",
    "lib/lease.ts",
  ]);
  expect(findCycle(circle('import { type Lease } from "./lease";'))).toBeUndefined();
});
