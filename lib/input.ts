/**
 * What a method's input schema makes of its arguments. A schema is any that follows Standard Schema, such as those of zod, valibot
 * and arktype: it answers, at once or by a promise, with the value that the method gets, or with what is wrong.
 */
import { types } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type DurableError, ValidationError } from "./errors";
import { quote, shorten } from "./quote";
import { formatPath, type Path } from "./values/path";
import { methodError } from "./wire-error";

/** A schema for a method's only argument, or one for each of its arguments. */
export type InputSchemas = StandardSchemaV1 | readonly StandardSchemaV1[];

/** What a method with these schemas is called with: what they put out. */
export type InputOf<Schemas> = [InputSchemas] extends [Schemas]
  ? never[]
  : Schemas extends StandardSchemaV1
    ? [OutputOf<Schemas>]
    : Schemas extends readonly StandardSchemaV1[]
      ? { -readonly [Index in keyof Schemas]: OutputOf<Schemas[Index]> }
      : never[];

type OutputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : never;

/** A method, as far as its input is concerned. */
interface CheckedMethod {
  readonly name: string;
  /** A schema for each argument; undefined when there are none. */
  readonly input: readonly StandardSchemaV1[] | undefined;
}

/** What a method is called with, once its schemas have answered. */
export type Input = readonly unknown[] | Promise<readonly unknown[]>;

/** One thing that a schema finds wrong. */
export interface InputIssue {
  /** Where: `args[0].items[2].price`. */
  readonly path: string;
  readonly message: string;
}

const MAX_ISSUES = 20;
const MAX_MESSAGE_LENGTH = 200;
/** So many of them are in the error's own message. */
const NAMED_ISSUES = 3;
/** No argument is nested more deeply; a schema may say anything. */
const MAX_PATH_SEGMENTS = 100;

export function isSchema(value: unknown): value is StandardSchemaV1 {
  try {
    const { version, validate } = (value as StandardSchemaV1)["~standard"];
    return version === 1 && typeof validate === "function";
  } catch {
    return false;
  }
}

/**
 * What a method is called with: the arguments themselves when it has no schema. A promise only when a schema gives one.
 *
 * @throws ValidationError saying where and why; a `MethodError` when a schema fails itself. A promise rejects with the same
 */
export function readInput(actor: string, method: CheckedMethod, args: readonly unknown[]): Input {
  const { input: schemas, name } = method;
  if (schemas === undefined) return args;
  if (args.length > schemas.length) {
    const takes = schemas.length === 1 ? "one argument" : `${schemas.length} arguments`;
    throw refused(actor, name, [
      { path: formatPath(pathTo(schemas.length)), message: `is one too many: the method takes ${takes}` },
    ]);
  }
  const answers = schemas.map((schema, index) => answerOf(schema, args[index], index));
  const collect = (given: readonly Answer[]) => valuesOf(actor, name, given);
  return answers.some(types.isPromise) ? Promise.all(answers).then(collect) : collect(answers as Answer[]);
}

/** What one schema makes of its argument. */
type Answer =
  | { readonly value: unknown }
  | { readonly issues: readonly unknown[]; readonly index: number }
  | { readonly failure: DurableError };

/** Never throws or rejects: another argument's schema may be under way. */
function answerOf(schema: StandardSchemaV1, value: unknown, index: number): Answer | Promise<Answer> {
  const failed = (thrown: unknown): Answer => ({ failure: methodError(thrown) });
  const read = (result: unknown) => readResult(result, index);
  try {
    const result: unknown = schema["~standard"].validate(value);
    return types.isPromise(result) ? result.then(read).catch(failed) : read(result);
  } catch (thrown) {
    return failed(thrown);
  }
}

/** @throws TypeError for what is no result at all */
function readResult(result: unknown, index: number): Answer {
  if (typeof result === "object" && result !== null) {
    const { issues } = result as { readonly issues?: unknown };
    // A refusal without a reason is one all the same.
    if (Array.isArray(issues)) return { issues: issues.length === 0 ? [undefined] : [...issues], index };
    if (!issues && "value" in result) return { value: result.value };
  }
  throw new TypeError(`The input schema of argument ${index + 1} answered with neither a value nor issues.`);
}

/** @throws ValidationError, MethodError */
function valuesOf(actor: string, method: string, answers: readonly Answer[]): readonly unknown[] {
  for (const answer of answers) if ("failure" in answer) throw answer.failure;
  const found = answers.flatMap((answer) =>
    "issues" in answer ? answer.issues.map((issue) => ({ issue, index: answer.index })) : [],
  );
  if (found.length === 0) return answers.map((answer) => ("value" in answer ? answer.value : undefined));
  let issues: InputIssue[];
  try {
    issues = found.slice(0, MAX_ISSUES).map(({ issue, index }) => issueOf(issue, index));
  } catch (thrown) {
    throw methodError(thrown);
  }
  throw refused(actor, method, issues, found.length - issues.length);
}

function issueOf(issue: unknown, index: number): InputIssue {
  const { message, path } = (issue ?? {}) as { readonly message?: unknown; readonly path?: unknown };
  return {
    path: formatPath(pathTo(index, Array.isArray(path) ? path : [])),
    message: typeof message === "string" ? shorten(message, MAX_MESSAGE_LENGTH) : "is not valid",
  };
}

function pathTo(index: number, segments: readonly unknown[] = []): Path {
  const argument: Path = { parent: { parent: undefined, key: "args" }, key: index };
  return segments.slice(0, MAX_PATH_SEGMENTS).reduce<Path>((parent, segment) => {
    const key = typeof segment === "object" && segment !== null && "key" in segment ? segment.key : segment;
    if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") return { parent, key };
    return { parent, key: quote(key), isLabel: true };
  }, argument);
}

/** @param omitted so many more were found */
function refused(actor: string, method: string, issues: readonly InputIssue[], omitted = 0): ValidationError {
  const named = issues.slice(0, NAMED_ISSUES).map(({ path, message }) => `${shorten(path, 200)}: ${message}`);
  const more = issues.length + omitted - named.length;
  return new ValidationError(
    `${actor}.${method} does not take these arguments: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    { actor, method, issues, ...(omitted > 0 ? { omitted } : {}) },
  );
}
