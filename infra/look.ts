/**
 * Loads a function's bundle as Lambda would, in a process of its own, and writes to the pipe that it was given what the bundle
 * is: `node look.js <bundle>`. `read-bundle.ts` starts it. It is also run as it is, with its types taken off: so it has
 * neither imports nor other syntax that would have to be translated.
 */
const { writeSync } = process.getBuiltinModule("node:fs");
const { pathToFileURL } = process.getBuiltinModule("node:url");

const PIPE = 3;
const routers: unknown[] = [];

Object.assign(globalThis, {
  [Symbol.for("durable-lambda.looker")]: (outline: unknown) => routers.push(outline),
});

import(pathToFileURL(process.argv[2] as string).href).then(
  (bundle: object) => {
    // Of a CommonJS bundle, not all names are known to whoever imports it.
    const { default: inner } = bundle as { default?: unknown };
    const names = [bundle, inner].flatMap((from) =>
      typeof from === "object" && from !== null ? Object.keys(from) : [],
    );
    report({ routers, exported: [...new Set(names)] });
  },
  (thrown: unknown) => report({ failure: thrown instanceof Error ? thrown.stack : String(thrown) }),
);

function report(found: object): never {
  writeSync(PIPE, JSON.stringify(found));
  // The app may have left a timer or a connection behind.
  process.exit(0);
}
