/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__", "<rootDir>/samples"],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.ts$": "ts-jest" },
  moduleNameMapper: {
    "^durable-lambda$": "<rootDir>/lib/index.ts",
    "^durable-lambda/(local|testing|aws)$": "<rootDir>/lib/$1/index.ts",
    "^durable-lambda/infra$": "<rootDir>/infra/index.ts",
  },
  // Anything that keeps a test alive longer than this is a hang, not slowness.
  testTimeout: 20_000,
};
