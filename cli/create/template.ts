/** The app that a new one begins as: the files of `cli/template/`, which are an app called my-app with the stack MyApp. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Files } from "./place";

/** Under their own names npm would not publish them as they are, or tools would take the template for a project. */
const KEPT_AS: Readonly<Record<string, string>> = {
  _gitignore: ".gitignore",
  "_package.json": "package.json",
};
const PACKAGE = "_package.json";

export interface Names {
  readonly name: string;
  readonly stack: string;
  /** What stands for this package in the app's package.json: a range of versions, or where else npm finds it. */
  readonly packageSpec: string;
}

interface PackageFile {
  name: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Beside the built command; beside this folder, where the source runs. */
const FOLDER = ["template", "../template"].map((path) => join(__dirname, path)).find(existsSync) ?? "";

/** The packages that an app uses. */
export function packagesOfApp(): string[] {
  const { dependencies, devDependencies } = readPackage();
  return Object.keys({ ...dependencies, ...devDependencies });
}

/** The new app's files, by their paths. */
export function filesOfApp({ name, stack, packageSpec }: Names): Files {
  const paths = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => relative(FOLDER, join(parentPath, file)).replaceAll(sep, "/"))
    .sort();
  return new Map(
    paths.map((path) => {
      if (path === PACKAGE) return [KEPT_AS[path] ?? path, packageFile(name, packageSpec)];
      const text = readFileSync(join(FOLDER, path), "utf8");
      return [KEPT_AS[path] ?? path, text.replaceAll("my-app", name).replaceAll("MyApp", stack)];
    }),
  );
}

function packageFile(name: string, packageSpec: string): string {
  const file = readPackage();
  file.name = name;
  file.dependencies["durable-lambda"] = packageSpec;
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function readPackage(): PackageFile {
  return JSON.parse(readFileSync(join(FOLDER, PACKAGE), "utf8")) as PackageFile;
}
