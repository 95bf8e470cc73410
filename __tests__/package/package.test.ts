/** The published package works for its consumers, however they compile, run and bundle their code. */
import { type BuildOptions, build } from "esbuild";
import { Consumer, type Outcome, runNode, runTsx, succeed, TOOLS } from "./consumer";

/** What `fixtures/main.ts` prints. */
const COUNTED = {
  results: [5, 6],
  error: "RangeError",
  http: { ok: true, result: 6, version: 2 },
  restarted: 6,
};
const CART = { total: 10 };
/** What `fixtures/shop.ts` prints. */
const SHOP = {
  left: [1, 0],
  refused: "sold out",
  states: ["paid 20", "expired: not paid", "new"],
  events: ["OrderPlaced", "OrderPlaced", "OrderPaid"],
};
/** What `fixtures/handler.ts` prints. */
const HANDLED = { results: [{ count: 6 }, { count: 6 }], refused: true };

const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2023"],
  module: "node16",
  strict: true,
  exactOptionalPropertyTypes: true,
  outDir: "out",
  types: ["node"],
};
const LEGACY = { experimentalDecorators: true };
const MODES = ["legacy", "standard"] as const;

let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.create();
}, 30_000);

afterAll(() => consumer?.remove());

function expectOutput({ code, stdout, stderr }: Outcome, expected: object): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual(expected);
}

test("publishes the build, the README and the licence alone", () => {
  const { packedFiles } = consumer;
  expect(packedFiles).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "dist/index.js",
      "dist/types/lib/index.d.ts",
      "dist/cli/template/_gitignore",
      "dist/cli/inspector/index.html",
    ]),
  );
  const others =
    /^(?!dist\/([\w-]+\/)?[\w-]+\.js(\.map)?$|dist\/types\/(lib|decorators|infra)\/.*\.d\.ts$|dist\/cli\/template\/|dist\/cli\/inspector\/[\w-]+\.(html|css|svg|js)$|package\.json$|README\.md$|LICENSE$)/;
  expect(packedFiles.filter((file) => others.test(file))).toEqual([]);
});

test("gives ES modules every name, and loads neither the AWS SDK, Powertools, OpenTelemetry nor SQLite unless asked", async () => {
  const outcome = await runNode(await consumer.project("names"), "names.mjs");
  expectOutput(outcome, { missing: [], heavy: [], same: true });
});

describe("compiled by tsc, strictly and with all types checked", () => {
  test("with experimental decorators, required from CommonJS", async () => {
    const project = await consumer.project("tsc-commonjs", {
      "tsconfig.json": {
        // As most projects have it: what is optional may be undefined, too.
        compilerOptions: { ...COMPILER_OPTIONS, ...LEGACY, exactOptionalPropertyTypes: false },
        files: ["bare.ts", "handler.ts", "nested.ts", "shop.ts", "types.ts"],
      },
    });
    await succeed(project, TOOLS.tsc, ["-p", "."]);
    expectOutput(await runNode(project, "out/bare.js"), COUNTED);
    expectOutput(await runNode(project, "out/handler.js"), HANDLED);
    expectOutput(await runNode(project, "out/nested.js"), CART);
    expectOutput(await runNode(project, "out/shop.js"), SHOP);
  });

  test("with standard decorators, imported by name from an ES module", async () => {
    const project = await consumer.project("tsc-module", {
      "package.json": { type: "module" },
      "tsconfig.json": { compilerOptions: COMPILER_OPTIONS, files: ["bare.ts", "shop.ts", "types.ts"] },
    });
    await succeed(project, TOOLS.tsc, ["-p", "."]);
    expectOutput(await runNode(project, "out/bare.js"), COUNTED);
    expectOutput(await runNode(project, "out/shop.js"), SHOP);
  });
});

describe("run by tsx", () => {
  test("with standard decorators and no tsconfig", async () => {
    const project = await consumer.project("tsx");
    expectOutput(await runTsx(project, "bare.ts"), COUNTED);
    expectOutput(await runTsx(project, "shop.ts"), SHOP);
  });

  test("with experimental decorators", async () => {
    const project = await consumer.project("tsx-legacy", { "tsconfig.json": { compilerOptions: LEGACY } });
    expectOutput(await runTsx(project, "bare.ts"), COUNTED);
    expectOutput(await runTsx(project, "nested.ts"), CART);
    expectOutput(await runTsx(project, "shop.ts"), SHOP);
  });

  test("with standard decorators in an ES module", async () => {
    const project = await consumer.project("tsx-module", { "package.json": { type: "module" } });
    expectOutput(await runTsx(project, "bare.ts"), COUNTED);
  });
});

test("deploys: the construct bundles the entry, and reads what its actors listen to", async () => {
  const project = await consumer.project("infra", { "package-lock.json": {} });
  const { code, stdout, stderr } = await runTsx(project, "stack.ts");
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining("Bundling asset Shop/App/Router"),
  });
  expect(JSON.parse(stdout)).toEqual({
    patterns: [{ source: ["shop"], "detail-type": ["Sold"] }],
    refused: "InvalidDefinition",
  });
});

test("required in tests under ts-jest", async () => {
  const project = await consumer.project("ts-jest", {
    "tsconfig.json": { compilerOptions: { ...COMPILER_OPTIONS, ...LEGACY, isolatedModules: true } },
    "jest.config.json": {
      testMatch: ["**/under-jest.ts"],
      transform: { "\\.ts$": [TOOLS.tsJest, {}] },
      moduleNameMapper: { "^(\\./.*)\\.js$": "$1" },
      // The same for all projects of the consumer's, and not the repository's.
      cacheDirectory: "<rootDir>/cache",
    },
  });
  const { code, stderr } = await runNode(project, TOOLS.jest, ["--config", "jest.config.json"]);
  expect(stderr).toContain("✓ an actor runs under jest");
  expect(stderr).toContain("✓ the test kit runs under jest, with its fake timers");
  expect(code).toBe(0);
});

describe.each(MODES)("bundled by esbuild with %s decorators", (mode) => {
  async function bundle(entry: string, options: BuildOptions = {}): Promise<Outcome> {
    const project = await consumer.project(["esbuild", mode, entry, ...Object.keys(options)].join("-"), {
      "tsconfig.json": { compilerOptions: mode === "legacy" ? LEGACY : {} },
    });
    await build({
      absWorkingDir: project,
      entryPoints: [`${entry}.ts`],
      outfile: "bundle.js",
      bundle: true,
      platform: "node",
      // Without a target esbuild leaves standard decorators in the code, where no engine knows them yet.
      target: "node22",
      minify: true,
      logLevel: "warning",
      ...options,
    });
    return runNode(project, "bundle.js");
  }

  test("under a name that the actor gives", async () => {
    expectOutput(await bundle("named"), COUNTED);
  });

  test("with what actors do to each other, and the test kit", async () => {
    expectOutput(await bundle("shop"), SHOP);
  });

  test("with a handler, whose actors need no class's name", async () => {
    expectOutput(await bundle("handler"), HANDLED);
  });

  test("under the class's name, with keepNames", async () => {
    expectOutput(await bundle("bare", { keepNames: true }), COUNTED);
  });

  if (mode === "legacy") {
    test.each<[string, string, BuildOptions]>([
      ["a minifier", "bare", {}],
      ["a minifier, with packages left out of the bundle", "bare", { packages: "external" }],
      ["a bundler, of two classes of one name", "renamed", { minify: false }],
    ])("refuses to store actors under a name made up by %s", async (_by, entry, options) => {
      const { code, stdout, stderr } = await bundle(entry, options);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^InvalidDefinition: .* name that a bundler or minifier made up/m);
      expect(code).toBe(1);
    });

    test("with nested classes", async () => {
      expectOutput(await bundle("nested"), CART);
    });
  } else {
    test("under the class's name, which standard decorators hand over unchanged", async () => {
      expectOutput(await bundle("bare"), COUNTED);
    });
  }
});
