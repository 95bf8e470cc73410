/** What packed values are, and the two rules that hold for packing and unpacking alike. */
import { ForbiddenKey, NotSerializable, TooDeep } from "../errors";
import { formatPath, type Path } from "./path";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Nesting beyond this is refused: JSON.parse accepts what JSON.stringify later cannot write. */
export const MAX_DEPTH = 100;

/** A sign included. Reading and writing a number takes time that grows with the square of its length. */
export const MAX_BIGINT_DIGITS = 10_000;

/** @throws ForbiddenKey for a key by which a prototype could be reached; NotSerializable for one that is no text */
export function checkKey(key: string, value: unknown, path: Path): void {
  if (!key.isWellFormed()) throw notSerializable(path, "a key with a lone surrogate");
  const reachesPrototype =
    key === "__proto__" ||
    (key === "constructor" &&
      typeof value === "object" &&
      value !== null &&
      Object.hasOwn(value, "prototype"));
  if (!reachesPrototype) return;
  throw new ForbiddenKey(`${formatPath(path)} is a forbidden key: it could change an object's prototype.`, {
    path: formatPath(path),
  });
}

/** The path of something that contains itself repeats itself: its ends say enough. */
export function tooDeep(path: Path): TooDeep {
  const where = formatPath(path);
  const shown = where.length > 120 ? `${where.slice(0, 60)}…${where.slice(-40)}`.toWellFormed() : where;
  return new TooDeep(`${shown} is nested more than ${MAX_DEPTH} levels deep, or contains itself.`, {
    path: shown,
    limit: MAX_DEPTH,
  });
}

/** @throws NotSerializable for a lone surrogate, which has no UTF-8 and would come back as something else */
export function checkText(text: string, path: Path): string {
  if (text.isWellFormed()) return text;
  throw notSerializable(path, "a string with a lone surrogate");
}

export function notSerializable(
  path: Path,
  what: string,
  hint = "Leave it out, or mark the field @Transient.",
): NotSerializable {
  const where = formatPath(path);
  return new NotSerializable(`${where} is ${what}, which cannot be kept. ${hint}`, {
    path: where,
    found: what,
  });
}
