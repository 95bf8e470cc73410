// What is published (docs/decisions/0004-one-file-per-entry.md). Types come from tsc.

/** app.ts and cli/main.ts load these when they need them; they must stay files of their own. */
const LAZY = ["./aws/from-environment", "./program"];

export default {
  input: {
    index: "lib/index.ts",
    "local/index": "lib/local/index.ts",
    "testing/index": "lib/testing/index.ts",
    "aws/index": "lib/aws/index.ts",
    "aws/from-environment": "lib/aws/from-environment.ts",
    "infra/index": "infra/index.ts",
    "infra/look": "infra/look.ts",
    "cli/main": "cli/main.ts",
    "cli/program": "cli/program.ts",
    "cli/worker": "cli/dev/worker.ts",
  },
  external: (id) => LAZY.includes(id) || !/^[./]/.test(id),
  // It stays as it is written, wherever the file with it is: beside the core.
  makeAbsoluteExternalsRelative: false,
  platform: "node",
  tsconfig: "tsconfig.build.json",
  output: {
    dir: "dist",
    format: "cjs",
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    // Chunks for what entries share, so that a class is the same class for all of them; the engine's apart, for its SQLite.
    codeSplitting: {
      groups: [
        {
          name: "core",
          test: /\/(lib\/(?!aws\/(?!resources)|local\/|testing\/|inspect\/|index\.ts)|decorators\/)/,
        },
        // What runs on Lambda does not look at itself.
        { name: "inspect", test: /\/lib\/inspect\// },
        { name: "cli/shared", test: /\/cli\//, minShareCount: 2 },
        { name: "local/engine", test: /\/lib\/local\/(?!index\.ts)/ },
      ],
    },
  },
};
