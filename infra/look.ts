/**
 * Loads a function's bundle as Lambda would, in a process of its own, and writes to the pipe that it was given what the bundle
 * is: `node look.js <folder> <file>`. `read-bundle.ts` starts it. It is also run as it is, with its types taken off: so it has
 * neither imports nor other syntax that would have to be translated.
 */
const { existsSync, readFileSync, writeSync } = process.getBuiltinModule("node:fs");
const { createRequire, Module } = process.getBuiltinModule("node:module");
const { dirname, join } = process.getBuiltinModule("node:path");
const { pathToFileURL } = process.getBuiltinModule("node:url");

const PIPE = 3;
const routers: unknown[] = [];

Object.assign(globalThis, {
  [Symbol.for("durable-lambda.looker")]: (outline: unknown) => routers.push(outline),
});

const [, , folder = "", file = ""] = process.argv;

load(join(folder, file)).then(
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

async function load(path: string): Promise<object> {
  return isPlain() ? loadPlain(path) : await import(pathToFileURL(path).href);
}

/**
 * True for what is CommonJS on Lambda, whatever the project is: its package.json does not go along. One in the folder does, and
 * there it says what `.js` is.
 */
function isPlain(): boolean {
  const folders = ["", ...dirname(file).split("/")].map((_, depth, all) =>
    join(folder, ...all.slice(0, depth + 1)),
  );
  return file.endsWith(".js") && !folders.some((inside) => existsSync(join(inside, "package.json")));
}

interface Plain {
  readonly exports: object;
  _compile(code: string, path: string): void;
}

/** As `require` does it, but for the question of what the file is: to that, Node has the project's answer alone. */
function loadPlain(path: string): object {
  const plain = new Module(path) as object as Plain;
  Object.assign(plain, { filename: path, paths: createRequire(path).resolve.paths("anything") });
  plain._compile(readFileSync(path, "utf8"), path);
  return plain.exports;
}

function report(found: object): never {
  writeSync(PIPE, JSON.stringify(found));
  // The app may have left a timer or a connection behind.
  process.exit(0);
}
