/** What is read from the bundle when the app is synthesised, and what is said where nothing can be read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { InvalidDefinition } from "durable-lambda";
import { readBundle } from "../../infra/read-bundle";
import { synth } from "./synth";

const ACTORS = `
import { Actor, createRouter, DurableActor, On } from "durable-lambda";
@Actor("Listener")
class Listener extends DurableActor {
  @On({ source: "shop", detailType: "Sold", id: "detail.id" }) sold() {}
  @On({ source: "shop", detailType: ["Sold"], id: "detail.other" }) soldToo() {}
  @On({ source: "bank", detailType: { prefix: "Paid" }, id: "detail.id" }) paid() {}
}
const router = createRouter([Listener]);
`;

// Within the project, so that the entry finds the package.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(__dirname, "entry-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function synthEntry(text: string, props: object = {}) {
  const entry = join(folder, "actors.ts");
  writeFileSync(entry, text);
  // Bundling says on stderr what it does.
  const { template } = synth({ entry, ...props }, true);
  const rules = Object.values(template.findResources("AWS::Events::Rule"));
  return rules.flatMap(({ Properties: { EventPattern: pattern } }) =>
    pattern === undefined ? [] : [pattern],
  );
}

it("reads the patterns of all actors, one for each that differs", () => {
  const patterns = synthEntry(`${ACTORS} export const handler = router;`);
  expect(patterns).toHaveLength(2);
  expect(patterns).toEqual(
    expect.arrayContaining([
      { source: ["shop"], "detail-type": ["Sold"] },
      { source: ["bank"], "detail-type": [{ prefix: "Paid" }] },
    ]),
  );
});

it("reads them too when the handler is wrapped, has another name, needs its environment, and leaves a timer behind", () => {
  const text = `${ACTORS}
    if (process.env.MODE !== "shop" || process.env.AWS_SECRET_ACCESS_KEY) throw new Error("wrong environment");
    setInterval(() => {}, 1_000);
    console.log("loaded");
    export const main = async (event: unknown) => router(event);`;
  process.env.AWS_SECRET_ACCESS_KEY = "secret";
  try {
    expect(synthEntry(text, { handler: "main", environment: { MODE: "shop" } })).toHaveLength(2);
  } finally {
    delete process.env.AWS_SECRET_ACCESS_KEY;
  }
});

it("reads a handler that is a router by itself: it listens to nothing", () => {
  const text = `
    import { durable } from "durable-lambda";
    export const handler = durable<{ count: number }>(async (ctx, request) => {
      if (request.action === "increment") ctx.state.count += request.amount || 1;
    });`;
  expect(synthEntry(text)).toEqual([]);
});

it("reads an entry that makes a client at once, as it can on Lambda", () => {
  const text = `${ACTORS}
    import { createClient } from "durable-lambda";
    export const client = createClient();
    if (process.env.DURABLE_TABLE !== "known-when-deployed") throw new Error("no table");
    export const handler = router;`;
  expect(synthEntry(text)).toHaveLength(2);
});

it("reads a function of the user's own with the variables that it has", () => {
  const entry = join(folder, "own.ts");
  writeFileSync(
    entry,
    `${ACTORS} if (process.env.MODE !== "own") throw new Error("wrong"); export const handler = router;`,
  );
  const { template } = synth(
    (stack) => ({
      router: new NodejsFunction(stack, "Own", {
        entry,
        runtime: Runtime.NODEJS_24_X,
        environment: { MODE: "own" },
        bundling: { keepNames: true },
      }),
    }),
    true,
  );
  template.resourceCountIs("AWS::Events::Rule", 3);
});

it("takes it for what Lambda takes it for, in a project of ES modules, too", () => {
  const bundle = (name: string, files: Readonly<Record<string, string>>) => {
    const path = join(folder, "module", name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    }
    return path;
  };
  const found = 'globalThis[Symbol.for("durable-lambda.looker")]([{ name: "Found", events: [] }]);';
  const plain = `${found} exports.handler = require("node:path").join;`;
  const module = `${found} export const handler = import.meta.dirname;`;
  const type = JSON.stringify({ type: "module" });
  bundle(".", { "package.json": type });
  const read = (path: string, handler: string) =>
    readBundle({ folder: path, handler }, {}, "src/actors.ts").map(({ name }) => name);
  // The project's package.json does not go along to Lambda; one in the folder does.
  expect(read(bundle("plain", { "index.js": plain }), "index.handler")).toEqual(["Found"]);
  expect(read(bundle("nested", { "src/index.js": plain }), "src/index.handler")).toEqual(["Found"]);
  expect(read(bundle("own", { "index.js": module, "package.json": type }), "index.handler")).toEqual([
    "Found",
  ]);
  expect(read(bundle("esm", { "index.mjs": module }), "index.handler")).toEqual(["Found"]);
});

it("gives it no credentials: neither variables, nor profiles, nor a machine's role", () => {
  const home = join(folder, "home");
  mkdirSync(join(home, ".aws"), { recursive: true });
  writeFileSync(
    join(home, ".aws/credentials"),
    "[default]\naws_access_key_id = key\naws_secret_access_key = secret\n",
  );
  const before = { ...process.env };
  Object.assign(process.env, { HOME: home, AWS_PROFILE: "default" });
  try {
    const text = `${ACTORS}
      import { defaultProvider } from "@aws-sdk/credential-provider-node";
      const found = await defaultProvider()().then(({ accessKeyId }) => accessKeyId, (error) => error.name);
      if (found !== "CredentialsProviderError") throw new Error("found " + found);
      export const handler = router;`;
    expect(synthEntry(text, { bundling: { format: OutputFormat.ESM } })).toHaveLength(2);
  } finally {
    Object.assign(process.env, before);
    if (before.AWS_PROFILE === undefined) delete process.env.AWS_PROFILE;
  }
});

it("says where in the source an entry fails", () => {
  expect(() => synthEntry('\n\nthrow new Error("no database here");')).toThrow(/actors\.ts:3:/);
});

it.each([
  ["throws", 'throw new Error("no database here");', /loading it failed.*no database here/s],
  [
    "ends its process",
    `${ACTORS} export const handler = router; process.exit(3);`,
    /it ended with the code 3/,
  ],
  [
    "exports no handler",
    `${ACTORS} export const other = router;`,
    /does not export "handler"\. Write: export const handler/,
  ],
  [
    "makes no router",
    "export const handler = () => {};",
    /makes no router\. Write: export const handler = createRouter/,
  ],
])("says what to do about an entry that %s", (_, text, message) => {
  const make = () => synthEntry(text);
  expect(make).toThrow(InvalidDefinition);
  expect(make).toThrow(message);
  expect(make).toThrow(/say what they listen to: new ActorApp\(…, \{ events: \[\] \}\)/);
});

it("asks nothing of an entry whose events are given", () => {
  expect(synthEntry('throw new Error("no");', { events: [{ source: ["shop"] }] })).toEqual([
    { source: ["shop"] },
  ]);
});
