/** Builds the app's entry, and again whenever a file that it uses is saved. Packages stay where they are: only the app's own code is built. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildContext, type BuildResult, context, type Message } from "esbuild";
import type { BuildProblem } from "../inspector/api";
import { isModule } from "./entry";

export type Built =
  | { readonly ok: true; readonly bundle: string; readonly tookMs: number }
  | { readonly ok: false; readonly problems: readonly BuildProblem[] };

export interface BundlerOptions {
  /** The path of the file. */
  readonly entry: string;
  /** Where builds go: within the project, so that its packages are found from there. */
  readonly folder: string;
  /** Told of each build, the first one too. */
  readonly onBuilt: (built: Built) => void;
}

/** One may still run, and one is being loaded. */
const KEPT_BUILDS = 3;

export class Bundler {
  private constructor(
    private readonly building: BuildContext,
    private readonly folder: string,
  ) {}

  static async start({ entry, folder, onBuilt }: BundlerOptions): Promise<Bundler> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const extension = isModule(entry) ? ".mjs" : ".cjs";
    const place = (build: number) => join(folder, `build-${build}${extension}`);
    let build = 0;
    let startedMs = Date.now();
    const building = await context({
      entryPoints: [entry],
      // Nothing is written there: each build gets a name of its own, since the one before may still run. As deep as those, for
      // the paths in the source map.
      outfile: join(folder, `build${extension}`),
      write: false,
      bundle: true,
      packages: "external",
      platform: "node",
      // As the oldest Node that this package runs on; without a target esbuild leaves standard decorators as they are.
      target: "node22",
      format: isModule(entry) ? "esm" : "cjs",
      keepNames: true,
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "silent",
      plugins: [
        {
          name: "report",
          setup({ onStart, onEnd }) {
            onStart(() => {
              startedMs = Date.now();
            });
            onEnd(async (result) => {
              build++;
              onBuilt(await written(result, place(build), startedMs));
              await rm(place(build - KEPT_BUILDS), { force: true });
            });
          },
        },
      ],
    });
    await building.watch();
    return new Bundler(building, folder);
  }

  async stop(): Promise<void> {
    await this.building.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function written(
  { errors, outputFiles = [] }: BuildResult,
  bundle: string,
  startedMs: number,
): Promise<Built> {
  const [output] = outputFiles;
  if (errors.length > 0 || output === undefined) return { ok: false, problems: errors.map(problemOf) };
  await writeFile(bundle, output.contents);
  return { ok: true, bundle, tookMs: Date.now() - startedMs };
}

function problemOf({ text, location, notes }: Message): BuildProblem {
  const message = [text, ...notes.map((note) => note.text)].join("\n");
  if (location === null) return { message };
  const { file, line, column, lineText } = location;
  return { message, file, line, column: column + 1, text: lineText };
}
