#!/usr/bin/env node
/** `npm create durable-lambda my-app`: runs `durable-lambda create my-app`, of the version that this package depends on. */
const { dirname, join } = require("node:path");

const file = require.resolve("durable-lambda/package.json");
process.argv.splice(2, 0, "create");
require(join(dirname(file), require(file).bin["durable-lambda"]));
