/** `create`: a new app, from the template that comes with this package. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { quote } from "../../lib/quote";
import { nameLike, problemOfName, stackNameOf } from "../create/app-name";
import { loadClack } from "../create/clack";
import { nextSteps } from "../create/next-steps";
import { PackageManager } from "../create/package-manager";
import { Place } from "../create/place";
import { type Answers, ask, type Prompts } from "../create/questions";
import { initRepository } from "../create/repository";
import { inTerminal, lines } from "../create/steps";
import { filesOfApp, packagesOfApp } from "../create/template";
import { Output, style } from "../output/output";
import { UsageError } from "../output/usage-error";
import { version } from "../version";

interface CreateOptions {
  readonly name?: string;
  readonly install: boolean;
  readonly git: boolean;
  readonly yes?: boolean;
  readonly package?: string;
  readonly json?: boolean;
}

/** When nobody says another one. */
const FOLDER = "my-app";

export function createCommand(): Command {
  return new Command("create")
    .description("begin an app: two actors, a program, tests, a stack")
    .argument("[folder]", "where it goes; asked for in a terminal")
    .option("--name <name>", "of its package, and of its stack; default: the folder's")
    .option("--no-install", "do not install its packages: needs no network")
    .option("--no-git", "begin no git repository")
    .option("--yes", `ask nothing; the folder is ${FOLDER} unless it is given`)
    .option("--json", "print JSON, for programs")
    .addOption(
      new Option("--package <spec>", "what to install as durable-lambda, such as a packed file").hideHelp(),
    )
    .addHelpText("after", "\nExample:\n  durable-lambda create my-app")
    .action((folder: string | undefined, options: CreateOptions, command: Command) =>
      create(folder, options, command.getOptionValueSource("install") === "default"),
    );
}

/** @param mayAsk whether it is open if the packages are to be installed */
async function create(given: string | undefined, options: CreateOptions, mayAsk: boolean): Promise<void> {
  const output = new Output(options.json ?? false);
  const cwd = process.cwd();
  const manager = PackageManager.of(process.env.npm_config_user_agent);
  const clack = process.stdout.isTTY && !output.isJson ? await loadClack() : undefined;
  clack?.intro(`${style("bold", "durable-lambda")} ${style("dim", version)}`);

  const isAsked = given === undefined && !options.yes && process.stdin.isTTY;
  const { folder, install } =
    isAsked && clack !== undefined
      ? await askFor(clack, options, cwd, mayAsk ? manager : undefined)
      : { folder: given ?? defaultFolder(options), install: options.install };
  const place = new Place(folder, cwd);
  const name = options.name ?? place.basename;
  check(place, name);

  const steps = clack === undefined ? lines(output) : inTerminal(clack);
  const packageSpec = options.package === undefined ? `^${version}` : specOf(options.package, cwd);
  const stack = stackNameOf(name);
  const files = filesOfApp({ name, stack, packageSpec });
  place.fill(files);
  const repository = options.git && initRepository(place.folder);
  steps.done(`${files.size} files${repository ? " and a git repository" : ""} in ${place.folder}`);
  if (install) await steps.during(`Installing packages with ${manager.name}`, manager.install(place.folder));
  clack?.outro(`${name} is ready.`);

  const made = { name, stack, folder: place.folder, files: [...files.keys()].sort(), repository };
  output.result({ ...made, installed: install }, () =>
    nextSteps({ folder: place.shown, installed: install, manager }),
  );
}

function askFor(
  prompts: Prompts,
  { name, install }: CreateOptions,
  cwd: string,
  manager: PackageManager | undefined,
): Promise<Answers> {
  const problemOf = (folder: string) => {
    const place = new Place(folder, cwd);
    return problemOfPlace(place, name ?? place.basename)?.message;
  };
  const question = manager === undefined ? {} : { install: `Install its packages with ${manager.name}?` };
  return ask(prompts, { folder: FOLDER, problemOf, ...question }).then((answers) => ({
    ...answers,
    install: install && answers.install,
  }));
}

/** @throws UsageError */
function defaultFolder({ yes }: CreateOptions): string {
  if (yes) return FOLDER;
  throw new UsageError(`Name the folder: durable-lambda create ${FOLDER}. With --yes it is that one.`);
}

/** @throws UsageError */
function check(place: Place, name: string): void {
  const problem = problemOfPlace(place, name);
  if (problem !== undefined) throw problem;
}

function problemOfPlace(place: Place, name: string): UsageError | undefined {
  const taken = packagesOfApp();
  const problem = problemOfName(name, taken);
  if (problem !== undefined) {
    return new UsageError(
      `${quote(name)} cannot be the name of a package: ${problem}. Try --name ${nameLike(name, taken)}.`,
      { name },
    );
  }
  const inTheWay = place.problem();
  return inTheWay === undefined ? undefined : new UsageError(inTheWay, { folder: place.folder });
}

/** A path is one from here, not from the app. */
function specOf(given: string, cwd: string): string {
  const path = given.replace(/^file:/, "");
  const isPath = path !== given || /^\.{0,2}[\\/]/.test(given) || /^[^:]*\.tgz$/.test(given);
  return isPath ? `file:${resolve(cwd, path)}` : given;
}
