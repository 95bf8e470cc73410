/** The commands of the pages: which programs, scripts, files and options of this repository they name. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { problemOfOwn } from "./own-commands";
import { ROOT } from "./page";

/** Splits a script into its commands, each as its words. Comments and variables set for a command are left out. */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  for (const line of script.replaceAll(/\\\n\s*/g, " ").split("\n")) {
    let command: string[] = [];
    for (const [word] of line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)) {
      if (word.startsWith("#")) break;
      const isSet = command.length === 0 && /^(\w+=.*|…)$/.test(word);
      if (word === "&&") {
        commands.push(command);
        command = [];
      } else if (!isSet) command.push(word.replace(/^(["'])(.*)\1$/, "$2"));
    }
    commands.push(command);
  }
  return commands.filter((words) => words.length > 0);
}

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: object;
  readonly devDependencies: object;
}
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8")) as PackageJson;
const project = read("package.json");
/** What a page says of a new app, it says of its package.json. */
const scripts = { ...read("cli/template/_package.json").scripts, ...project.scripts };
const packages = new Set([
  "durable-lambda",
  ...Object.keys({ ...project.dependencies, ...project.devDependencies }),
]);
const testFiles = globSync("{__tests__,samples}/**/*.test.ts", { cwd: ROOT });

/** Programs that are none of this repository's: what they are given is not looked at. */
const OUTSIDE = new Set(["aws", "cd", "curl", "mkdir"]);

/**
 * What is wrong with a command; undefined when everything that it names is there.
 * @param blocks the names of the page's own files
 */
export function problemOf(words: readonly string[], blocks: readonly string[]): string | undefined {
  const [program = "", first = "", ...rest] = words;
  if (OUTSIDE.has(program)) return undefined;
  if (program === "npm") return problemOfNpm(first, rest);
  if (program === "npx")
    return first === "tsx" ? problemOfFile(rest[0], blocks) : problemOfTool(first, rest, blocks);
  if (program === "durable-lambda") return problemOfOwn([first, ...rest].filter(Boolean));
  if (program === "node") return problemOfFile(rest.at(-1) ?? first, blocks);
  return existsSync(join(ROOT, program)) && program.includes("/") ? undefined : `what is ${program}?`;
}

function problemOfNpm(verb: string, rest: readonly string[]): string | undefined {
  if (verb === "init" || verb === "ci") return undefined;
  if (verb === "create") return problemOfCreate(rest);
  if (verb === "publish") return problemOfFile(join(rest[0] ?? ".", "package.json"), []);
  if (verb === "install") {
    const unknown = rest.find((word) => !word.startsWith("-") && !packages.has(word));
    return unknown === undefined ? undefined : `the project does not use a package ${unknown}`;
  }
  const [name, args] = verb === "run" ? [rest[0] ?? "", rest.slice(1)] : [verb, rest];
  const script = scripts[name];
  if (script === undefined) return `there is no script ${name}`;
  if (args.length > 0 && args[0] !== "--") return `npm takes ${args[0]} for itself: put -- before it`;
  return name === "test" ? problemOfPatterns(args.slice(1)) : problemOfOptions(script, args.slice(1));
}

/** `npm create durable-lambda`: what is behind the name goes to `durable-lambda create`. */
function problemOfCreate([name = "", ...args]: readonly string[]): string | undefined {
  if (!existsSync(join(ROOT, `cli/create-${name}`))) return `there is no package create-${name}`;
  const end = args.indexOf("--");
  const taken = args.find((word, index) => word.startsWith("-") && (end === -1 || index < end));
  if (taken !== undefined) return `npm takes ${taken} for itself: put -- before it`;
  return problemOfOwn(["create", ...args.filter((word) => word !== "--")]);
}

/** What jest is given: parts of the paths of test files. */
function problemOfPatterns(args: readonly string[]): string | undefined {
  const patterns = args.filter((word, index) => !word.startsWith("-") && args[index - 1] !== "-t");
  const unknown = patterns.find((pattern) => !testFiles.some((file) => file.includes(pattern)));
  return unknown === undefined ? undefined : `no test file has ${unknown} in its path`;
}

/** The options of a script's own program have to be among the words of its source. */
function problemOfOptions(script: string, args: readonly string[]): string | undefined {
  const candidates = script.split(" ").flatMap((word) => [word, `bench/${word}.ts`]);
  const file = candidates.findLast((path) => /\.\w+$/.test(path) && existsSync(join(ROOT, path)));
  const source = file === undefined ? "" : readFileSync(join(ROOT, file), "utf8");
  const unknown = args.find(
    (word) => word.startsWith("--") && !new RegExp(`\\b${word.slice(2)}\\b`).test(source),
  );
  return unknown === undefined ? undefined : `${file ?? script} knows no option ${unknown}`;
}

function problemOfTool(name: string, args: readonly string[], blocks: readonly string[]): string | undefined {
  if (name === "durable-lambda") return problemOfOwn(args);
  if (!existsSync(join(ROOT, "node_modules/.bin", name))) return `the project has no program ${name}`;
  // The CDK's command line is told by --app what to run.
  const app = name === "cdk" ? args[args.indexOf("--app") + 1] : undefined;
  return app === undefined || !args.includes("--app") ? undefined : problemOf(app.split(" "), blocks);
}

function problemOfFile(file: string | undefined, blocks: readonly string[]): string | undefined {
  if (file === undefined) return "which file?";
  return blocks.includes(file) || existsSync(join(ROOT, file)) ? undefined : `there is no file ${file}`;
}
