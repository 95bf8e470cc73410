// Builds the inspector's page into static files: `node scripts/build-page.mjs [folder]`, by default dist/cli/inspector.
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = join(root, "cli/inspector/page");
const folder = resolve(process.argv[2] ?? join(root, "dist/cli/inspector"));

mkdirSync(folder, { recursive: true });
for (const file of ["index.html", "icon.svg"]) copyFileSync(join(page, file), join(folder, file));
const { metafile } = buildSync({
  absWorkingDir: root,
  entryPoints: { app: join(page, "main.tsx"), styles: join(page, "styles/index.css") },
  outdir: folder,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: ["chrome123", "firefox120", "safari17.5"],
  tsconfig: join(page, "tsconfig.json"),
  charset: "utf8",
  legalComments: "none",
  banner: {
    js: "/*! With Preact, (c) 2015-present Jason Miller, MIT: https://github.com/preactjs/preact/blob/main/LICENSE */",
  },
  metafile: true,
  logLevel: "warning",
});
for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  console.log(`${file}  ${(bytes / 1_000).toFixed(1)} KB`);
}
