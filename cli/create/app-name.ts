/** What a new app is called: by npm's rules for the name of a package, and by CloudFormation's for that of a stack. */
import { builtinModules } from "node:module";

const MOST = 214;
/** Of a name that somebody is to type. */
const MOST_OF_SUGGESTION = 50;
/** A name, or the part of it behind its scope. */
const PART = /^[a-z\d][a-z\d._-]*$/;
const SCOPED = /^@([^/]*)\/([^/]*)$/;
/** What npm and Node use themselves. */
const RESERVED: ReadonlySet<string> = new Set(["node_modules", "favicon.ico", ...builtinModules]);
/** CloudFormation takes 128. */
const MOST_OF_STACK = 100;

/**
 * What is wrong with a name; undefined when npm takes it.
 * @param taken the packages that the app uses: npm installs none into one of the same name
 */
export function problemOfName(name: string, taken: readonly string[]): string | undefined {
  if (name === "") return "it is empty";
  if (name.length > MOST) return `it is longer than ${MOST} characters`;
  if (name !== name.toLowerCase()) return "it has capital letters";
  const [, scope, inScope] = SCOPED.exec(name) ?? [];
  const parts = scope === undefined ? [name] : [scope, inScope ?? ""];
  if (parts.some((part) => /^[._-]/.test(part))) return "it begins with a dot, a hyphen or an underscore";
  if (!parts.every((part) => PART.test(part))) return "it has other characters than a-z, 0-9, - . and _";
  if (RESERVED.has(name)) return "Node or npm uses it";
  if (taken.includes(name)) return "the app uses a package of that name";
  return undefined;
}

/** A name that npm takes, as much like the given one as can be. */
export function nameLike(given: string, taken: readonly string[]): string {
  const name = given
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z\d._]+/g, "-")
    .slice(0, MOST_OF_SUGGESTION)
    .replace(/^[._-]+|[._-]+$/g, "");
  if (name === "") return "my-app";
  return problemOfName(name, taken) === undefined ? name : `${name}-app`;
}

/** `my-app` is `MyApp`. */
export function stackNameOf(name: string): string {
  const words = name.replace(/^@[^/]*\//, "").match(/[a-z\d]+/g) ?? [];
  const stack = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return (/^[A-Z]/.test(stack) ? stack : `App${stack}`).slice(0, MOST_OF_STACK);
}
