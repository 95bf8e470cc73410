/** arktype, which is an ES module alone, for tests that jest runs as CommonJS. */
import { buildSync } from "esbuild";
import { evaluate } from "./definition-compilers";

type Arktype = typeof import("arktype", { with: { "resolution-mode": "import" }});

const { outputFiles } = buildSync({
  stdin: { contents: 'export { type } from "arktype";', resolveDir: __dirname },
  bundle: true,
  format: "cjs",
  platform: "node",
  write: false,
});

export const { type } = evaluate(outputFiles[0]?.text ?? "", {}) as unknown as Pick<Arktype, "type">;
