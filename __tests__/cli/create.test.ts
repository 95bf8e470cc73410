/** `durable-lambda create`: what it makes, on the package as it is published, and what it refuses. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Consumer, type Outcome, runProgram } from "../package/consumer";

const ROOT = resolve(__dirname, "../..");
/** Git answers the same whether or not the folder for temporary files is in a repository. */
const OUTSIDE = { GIT_CEILING_DIRECTORIES: "/" };

let consumer: Consumer;
let made = 0;
/** Where the test's command is started. */
let here: string;

beforeAll(async () => {
  consumer = await Consumer.create();
  await consumer.install("durable-lambda");
}, 60_000);
afterAll(() => consumer?.remove());

beforeEach(async () => {
  here = join(consumer.folder, `here-${made++}`);
  await mkdir(here);
});

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".git"))
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();

function create(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const program = join(consumer.folder, "node_modules/.bin/durable-lambda");
  return runProgram(here, program, ["create", ...args], { ...OUTSIDE, ...environment });
}

const FILES = [
  ".gitignore",
  "README.md",
  "cdk.json",
  "infra/app.ts",
  "package.json",
  "src/actors.ts",
  "src/booking.ts",
  "src/main.ts",
  "src/show.ts",
  "test/booking.test.ts",
  "tsconfig.json",
];

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const packageIn = async (folder: string): Promise<PackageFile> =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8"));

describe("makes", () => {
  test("an app that is called like its folder, with a repository, and says what comes next", async () => {
    const { code, stdout, stderr } = await create(["ticket-shop", "--no-install"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `11 files and a git repository in ${join(here, "ticket-shop")}\n`,
    });
    expect(stdout.split("\n").map((line) => line.split("  ")[1])).toEqual([
      "cd ticket-shop",
      "npm install",
      "npm start",
      "npm test",
      "npm run dev",
      "npx durable-lambda call Show hamlet open 3",
      undefined,
    ]);
    const folder = join(here, "ticket-shop");
    expect(await filesIn(folder)).toEqual(FILES);
    expect(await readdir(folder)).toContain(".git");
    expect(await readFile(join(folder, "infra/app.ts"), "utf8")).toContain('new Stack(app, "TicketShop")');
    expect(await readFile(join(folder, "README.md"), "utf8")).toMatch(/^# ticket-shop\n.*`TicketShop`/s);
    for (const file of FILES) expect(await readFile(join(folder, file), "utf8")).not.toMatch(/my-app|MyApp/);
  });

  test("one that uses this version, and of others those that are tested here", async () => {
    await create(["shop", "--no-install"]);
    const [app, own] = [await packageIn(join(here, "shop")), await packageIn(ROOT)];
    expect(app.name).toBe("shop");
    expect(app.dependencies).toEqual({ "durable-lambda": `^${own.version}` });
    const tested: Readonly<Record<string, string>> = { ...own.dependencies, ...own.devDependencies };
    const bare = (range = "") => range.replace(/^[~^]/, "");
    for (const [name, range] of Object.entries(app.devDependencies))
      expect([name, bare(range)]).toEqual([name, bare(tested[name])]);
  });

  test("one in folders that are not there yet, under another name, and prints JSON", async () => {
    const { code, stdout, stderr } = await create([
      "apps/2 shops",
      "--name",
      "@acme/shop.two",
      "--no-install",
      "--no-git",
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const folder = join(here, "apps/2 shops");
    expect(JSON.parse(stdout)).toEqual({
      name: "@acme/shop.two",
      stack: "ShopTwo",
      folder,
      files: FILES,
      repository: false,
      installed: false,
    });
    expect((await packageIn(folder)).name).toBe("@acme/shop.two");
    expect(await readdir(folder)).not.toContain(".git");
  });

  test("one in the folder where it is started, when that has nothing but a repository", async () => {
    await mkdir(join(here, ".git"));
    expect(await create([".", "--no-install"])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining("cd "),
    });
    expect(await filesIn(here)).toEqual(FILES);
  });

  test("one called my-app when nobody says and nobody is to be asked", async () => {
    expect(await create(["--yes", "--no-install"])).toMatchObject({ code: 0 });
    expect((await packageIn(join(here, "my-app"))).name).toBe("my-app");
  });

  test("no repository within another one, and none without git", async () => {
    await runProgram(here, "git", ["init", "--quiet"]);
    await create(["within", "--no-install"]);
    expect(await readdir(join(here, "within"))).not.toContain(".git");
    // A PATH with Node alone.
    await symlink(process.execPath, join(here, "node"));
    expect(await create(["without", "--no-install"], { PATH: here })).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^11 files in /),
    });
  });

  test("one that takes this package from elsewhere", async () => {
    await create(["shop", "--no-install", "--package", "./packed/durable-lambda-0.1.0.tgz"]);
    expect((await packageIn(join(here, "shop"))).dependencies).toEqual({
      "durable-lambda": `file:${join(here, "packed/durable-lambda-0.1.0.tgz")}`,
    });
    const url = "https://example.com/durable-lambda-0.1.0.tgz";
    await create(["next", "--no-install", "--package", url]);
    expect((await packageIn(join(here, "next"))).dependencies).toEqual({ "durable-lambda": url });
  });
});

describe("installs with the package manager that has started it", () => {
  /** A program that stands for one: it says how it was started, and ends as it is told. */
  async function install(name: string, code = 0): Promise<Outcome> {
    const bin = join(here, "bin");
    await mkdir(bin);
    const script = `#!/bin/sh\necho "$PWD $* $NODE_ENV" > ../called\necho "no network"\nexit ${code}\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
    return create(["shop"], {
      PATH: `${bin}:${process.env.PATH}`,
      NODE_ENV: "production",
      npm_config_user_agent: `${name}/10.1.0 npm/? node/v24.0.0 linux x64`,
    });
  }
  const called = () => readFile(join(here, "called"), "utf8");

  test.each([
    [
      "npm",
      "install --no-audit --no-fund --loglevel=error",
      ["npm start", "npm run dev", "npx durable-lambda call"],
    ],
    ["pnpm", "install", ["pnpm start", "pnpm dev", "pnpm durable-lambda call"]],
    ["yarn", "install", ["yarn start", "yarn dev", "yarn durable-lambda call"]],
    ["bun", "install", ["bun run start", "bun run dev", "bunx durable-lambda call"]],
  ])("%s", async (name, args, commands) => {
    const { code, stdout, stderr } = await install(name);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`\nInstalling packages with ${name} …\n`),
    });
    expect(await called()).toBe(`${join(here, "shop")} ${args} development\n`);
    for (const command of commands) expect(stdout).toContain(command);
    expect(stdout).not.toContain("install");
  });

  test("and says what to do when that fails: the app stays", async () => {
    expect(await install("pnpm", 7)).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^InstallFailed: pnpm install did not succeed \(exit code 7\)\. The app is in \S+shop, without its packages: run pnpm install there.*\n\nno network/m,
      ),
    });
    expect(await filesIn(join(here, "shop"))).toEqual(FILES);
  });

  test("also when it is not there", async () => {
    await symlink(process.execPath, join(here, "node"));
    const { code, stderr } = await create(["shop", "--json"], {
      PATH: here,
      npm_config_user_agent: "yarn/4.0.0",
    });
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: expect.objectContaining({
        code: "InstallFailed",
        message: expect.stringMatching(/spawn yarn ENOENT/),
        details: { folder: join(here, "shop"), command: "yarn install" },
      }),
    });
  });
});

describe("refuses, and makes nothing", () => {
  test("a name that npm does not take, and says one that it does", async () => {
    expect(await create(["shop", "--name", "My Shop!", "--no-install"])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'UsageError: "My Shop!" cannot be the name of a package: it has capital letters. Try --name my-shop.\n',
    });
    expect(await readdir(here)).toEqual([]);
  });

  test("a name that is too long, which it shortens", async () => {
    const { stderr } = await create(["shop", "--name", "x".repeat(215), "--no-install"]);
    expect(stderr).toMatch(/: "x{80}…" cannot be .*: it is longer than 214 .*\. Try --name x{50}\.$/m);
  });

  test("a folder whose name is none, unless it gets another", async () => {
    expect(await create(["My Shop", "--no-install"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Try --name my-shop."),
    });
    expect(await create(["My Shop", "--no-install", "--name", "my-shop"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('cd "My Shop"\n'),
    });
  });

  test("a folder that has something, which it names", async () => {
    await mkdir(join(here, "shop/src"), { recursive: true });
    for (const file of ["a.txt", "b.txt", "c.txt"]) await writeFile(join(here, "shop", file), file);
    expect(await create(["shop", "--no-install"])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "UsageError: shop is not empty, and nothing is overwritten: it has a.txt, b.txt, c.txt and 1 more.\n",
    });
    expect(await filesIn(here)).toEqual(["shop/a.txt", "shop/b.txt", "shop/c.txt"]);
  });

  test("a file, and a place below one", async () => {
    await writeFile(join(here, "shop"), "");
    expect(await create(["shop", "--no-install"])).toMatchObject({
      code: 2,
      stderr: "UsageError: shop is there already, and is no folder.\n",
    });
    expect(await create(["shop/below", "--no-install"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^UsageError: Nothing was created: ENOTDIR: not a directory/),
    });
    expect(await filesIn(here)).toEqual(["shop"]);
  });

  test("a missing folder, where nobody can be asked", async () => {
    expect(await create(["--no-install"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "UsageError: Name the folder: durable-lambda create my-app. With --yes it is that one.\n",
    });
    expect(await create(["--no-install", "--json"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('{"error":{"code":"UsageError"'),
    });
  });

  test("options and folders that it does not know", async () => {
    expect(await create(["shop", "--no-instal"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(Did you mean --no-install?)"),
    });
    expect(await create(["shop", "shop"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("too many"),
    });
    expect(await readdir(here)).toEqual([]);
  });
});

test("npm create durable-lambda: a package that runs it, of the same version", async () => {
  const source = join(ROOT, "cli/create-durable-lambda");
  const [file, own] = [await packageIn(source), await packageIn(ROOT)];
  expect(file.version).toBe(own.version);
  expect(file.dependencies).toEqual({ "durable-lambda": own.version });
  expect(await readFile(join(source, "LICENSE"), "utf8")).toBe(await readFile(join(ROOT, "LICENSE"), "utf8"));

  await cp(source, join(consumer.folder, "node_modules/create-durable-lambda"), { recursive: true });
  await consumer.install("create-durable-lambda");
  const args = ["create", "--silent", "--offline", "durable-lambda", "shop", "--", "--no-install", "--json"];
  const { code, stdout } = await runProgram(consumer.folder, "npm", args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: "shop", folder: join(consumer.folder, "shop") });
});
