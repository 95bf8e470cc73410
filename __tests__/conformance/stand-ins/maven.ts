/** Java programs that Maven has. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installed, run } from "./installed";

const COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies";

export interface Artifact {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
}

/** @returns the folder with its libraries and those that they need */
export async function libraries({ groupId, artifactId, version }: Artifact): Promise<string> {
  const folder = await installed(`${artifactId}-${version}`, async (partial) => {
    await run("java", ["-version"], partial);
    const dependency = tags({ groupId, artifactId, version });
    const project = tags({ modelVersion: "4.0.0", groupId: "local", artifactId: "local", version: "1" });
    await writeFile(
      join(partial, "pom.xml"),
      `<project>${project}<dependencies><dependency>${dependency}</dependency></dependencies></project>`,
    );
    await run("mvn", ["-B", "-q", COPY, `-DoutputDirectory=${join(partial, "lib")}`], partial);
  });
  // What is installed may have outlived its runtime.
  await run("java", ["-version"], folder);
  return join(folder, "lib");
}

function tags(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("");
}
