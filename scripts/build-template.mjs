// Copies the template of `durable-lambda create` to where the built command looks for it: `node scripts/build-template.mjs [dist]`.
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [dist = join(root, "dist")] = process.argv.slice(2);
cpSync(join(root, "cli/template"), join(resolve(dist), "cli/template"), { recursive: true });
