/** The folder of a new app: all files or none. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Place } from "../../cli/create/place";
import { UsageError } from "../../cli/output/usage-error";

let here: string;
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), "durable-place-"));
});
afterEach(() => rmSync(here, { recursive: true }));

const GOOD = new Map([
  ["package.json", "{}"],
  ["src/a.ts", "a"],
]);
/** The last file would be in a folder that is a file. */
const BAD = new Map([...GOOD, ["src/a.ts/b.ts", "b"]]);

test("it is filled, with the folders above it", () => {
  const place = new Place("apps/shop", here);
  expect([place.basename, place.shown, place.problem()]).toEqual(["shop", join("apps", "shop"), undefined]);
  place.fill(GOOD);
  expect(readdirSync(place.folder).sort()).toEqual(["package.json", "src"]);
  expect(readFileSync(join(place.folder, "src/a.ts"), "utf8")).toBe("a");
});

test("when one file cannot be written, none is left, nor a folder that was made", () => {
  expect(() => new Place("apps/shop", here).fill(BAD)).toThrow(UsageError);
  expect(() => new Place("apps/shop", here).fill(BAD)).toThrow(/^Nothing was created: (ENOTDIR|EEXIST)/);
  expect(readdirSync(here)).toEqual([]);
});

test("a folder that was there stays, with what it had", () => {
  mkdirSync(join(here, "shop/.git"), { recursive: true });
  writeFileSync(join(here, "other.txt"), "");
  expect(() => new Place("shop", here).fill(BAD)).toThrow(UsageError);
  expect(readdirSync(here, { recursive: true }).sort()).toEqual(["other.txt", "shop", "shop/.git"]);
});

test("a file that somebody else has made meanwhile is not overwritten, and stays", () => {
  const place = new Place("shop", here);
  const files = new Map(GOOD);
  // As if it were made between the look at the folder and the write.
  files[Symbol.iterator] = function* () {
    yield ["a.txt", "a"];
    writeFileSync(join(place.folder, "package.json"), "mine");
    yield ["package.json", "{}"];
  } as typeof files.entries;
  expect(() => place.fill(files)).toThrow(/^Nothing was created: EEXIST/);
  expect(readdirSync(place.folder)).toEqual(["package.json"]);
  expect(readFileSync(join(place.folder, "package.json"), "utf8")).toBe("mine");
});

test("it is shown as it is typed from here", () => {
  expect(new Place(".", here).shown).toBe("");
  expect(new Place("./a b/", here).shown).toBe("a b");
  expect(new Place("../elsewhere", here).shown).toBe(join(here, "../elsewhere"));
});
