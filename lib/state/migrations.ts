/**
 * Schema changes of a class's state: one step for each version but the first, which takes the fields as the version before left
 * them. The steps run when an older state is loaded; what they lead to is in memory alone until a turn is committed.
 *
 *     stored: version 1 ──► step 2 ──► step 3 ──► fields of the class's version 3 ──► turn ──► commit: version 3
 */
import { types } from "node:util";
import { type InvalidDefinition, MigrationFailed, MissingMigration } from "../errors";
import { shorten } from "../quote";
import { decode, encode } from "../values/codec";
import { methodError } from "../wire-error";

/**
 * Makes the fields of one version from those of the version before: changes them in place, or returns others. Nested objects of
 * declared classes are plain data in it. It may say what it expects, by a type alias of the old fields.
 */
export type Migration = {
  /** Makes the fields of one version from those of the version before. */
  // A method, since the parameters of those may be narrower: `(s: CounterV1) => …`.
  // biome-ignore lint/suspicious/noConfusingVoidType: a step that returns nothing has no other type
  step(fields: Fields): object | void;
}["step"];

/** By the version to which each leads. */
export type Migrations = ReadonlyMap<number, Migration>;

export type Fields = Record<string, unknown>;

/**
 * Checks what `migrate` was given.
 * @param version the class's
 * @param invalid makes the error for a step that cannot work
 * @throws InvalidDefinition
 */
export function defineMigrations(
  migrate: unknown,
  version: number,
  invalid: (problem: string, details: Record<string, unknown>) => InvalidDefinition,
): Migrations {
  if (migrate === undefined) return new Map();
  if (!isPlainObject(migrate)) {
    throw invalid(
      `has ${nameOf(migrate)} as its migrate: it is an object, { 2: (s) => …, 3: (s) => … }.`,
      {},
    );
  }
  const steps = Object.entries(migrate).map(([key, step]) => {
    const to = /^[1-9]\d*$/.test(key) ? Number(key) : Number.NaN;
    if (!(to >= 2 && to <= version)) {
      throw invalid(
        `has a migration to the version ${JSON.stringify(shorten(key))}: the steps lead to versions from 2 to the ` +
          `class's own, which is ${version}.`,
        { value: shorten(key), version },
      );
    }
    if (typeof step === "function") return [to, step as Migration] as const;
    throw invalid(`has a migration to version ${to} that is ${nameOf(step)}, not a function.`, { value: to });
  });
  return new Map(steps);
}

/** Whose state is migrated, and from where to where. */
export interface MigrationPath {
  readonly actor: string;
  readonly id: string;
  /** The stored state's version. */
  readonly from: number;
  /** The class's, not below it. */
  readonly to: number;
}

/**
 * The fields as the newest version has them. The given ones may be changed on the way; what a step returns is copied, so that the
 * actor shares nothing with it.
 *
 * @throws MissingMigration before any step has run; MigrationFailed
 */
export function migrated(fields: Fields, migrations: Migrations, path: MigrationPath): Fields {
  const { from, to } = path;
  const versions = Array.from({ length: to - from }, (_, index) => from + 1 + index);
  const missing = versions.find((version) => !migrations.has(version));
  if (missing !== undefined) throw missingMigration(path, missing);
  let current = fields;
  for (const version of versions)
    current = afterStep(current, migrations.get(version) as Migration, path, version);
  return current;
}

function afterStep(fields: Fields, step: Migration, path: MigrationPath, version: number): Fields {
  const failed = (why: string, cause?: unknown) => migrationFailed(path, version, why, cause);
  let result: unknown;
  try {
    const returned = step(fields);
    result = returned === undefined ? fields : returned;
  } catch (thrown) {
    throw failed(methodError(thrown).message, thrown);
  }
  if (types.isPromise(result)) {
    // Nobody waits for it.
    result.catch(() => {});
    throw failed("It returned a promise; a step is synchronous.");
  }
  if (!isPlainObject(result)) throw failed(`It returned ${nameOf(result)}, not the fields as an object.`);
  try {
    return decode(encode(result, "state"), "state") as Fields;
  } catch (thrown) {
    throw failed(methodError(thrown).message, thrown);
  }
}

function isPlainObject(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  return isPlainObject(value) ? "an object" : "an instance of a class";
}

function migrationFailed(path: MigrationPath, step: number, why: string, cause?: unknown): MigrationFailed {
  const { actor, id, from, to } = path;
  return new MigrationFailed(
    `The state of ${actor}/${id} could not be migrated from version ${from} to ${to}, in the step to ${step}: ${shorten(why, 300)} ` +
      "It was left as it is.",
    { ...path, step },
    cause,
  );
}

function missingMigration(path: MigrationPath, step: number): MissingMigration {
  const { actor, id, from, to } = path;
  return new MissingMigration(
    `The state of ${actor}/${id} was written by version ${from} of its class, which is at version ${to} now, and no step ` +
      `leads to version ${step}: @Actor({ version: ${to}, migrate: { ${step}: (s) => … } }). It was left as it is.`,
    { ...path, step },
  );
}
