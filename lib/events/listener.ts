/** What a method listens to: which events, and which actor each of them is for. */
import { checkActorId } from "../address";
import { InvalidDefinition, UnexpectedEvent } from "../errors";
import { quote } from "../quote";
import type { Json } from "../values/codec";
import { checkPattern, type DetailPattern, type EventPattern, type Matcher } from "./pattern";

/** Options of `@On`. */
export interface ListenerOptions {
  /** Where the event comes from: `"durable-lambda.<actor>"` for what actors emit. One of several, or a pattern. */
  readonly source: Matcher | readonly Matcher[];
  /** Which kinds of events: one, several, or a pattern such as `{ prefix: "Order" }`. */
  readonly detailType: Matcher | readonly Matcher[];
  /** What the detail must be like, as in an EventBridge pattern: `{ amount: [{ numeric: [">", 100] }] }`. Default: anything. */
  readonly detail?: DetailPattern;
  /** Where in the event the actor's id is: `"detail.orderId"`. */
  readonly id: string;
}

export interface ListenerDefinition {
  readonly method: string;
  /** As in an EventBridge rule. */
  readonly pattern: EventPattern;
  /** The names on the way to the actor's id. */
  readonly id: readonly string[];
}

const OPTIONS: ReadonlySet<string> = new Set<keyof ListenerOptions>(["source", "detailType", "detail", "id"]);
const ID_ROOTS: ReadonlySet<string | undefined> = new Set([
  "detail",
  "source",
  "detail-type",
  "id",
  "account",
  "region",
]);

/** @throws InvalidDefinition */
export function defineListener(
  className: string,
  method: string,
  options: ListenerOptions,
): ListenerDefinition {
  const where = `The class ${className || "(unnamed)"} declares "${method}" with @On`;
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) throw invalid(`${where}({ ${name} }), which is no option of it.`, name);
  }
  const { source, detailType, detail, id } = options;
  if (source === undefined) throw invalid(`${where} but without a source.`, "source");
  if (detailType === undefined) throw invalid(`${where} but without a detailType.`, "detailType");
  if (typeof id !== "string" || !isPath(id)) {
    throw invalid(
      `${where} and the id ${quote(id)}: it says where in the event the actor's id is, such as "detail.orderId".`,
      "id",
    );
  }
  const pattern = checkPattern(
    {
      source: listOf(source),
      "detail-type": listOf(detailType),
      ...(detail === undefined ? {} : { detail }),
    },
    `@On of ${className}.${method}`,
  );
  return { method, pattern, id: id.split(".") };
}

/**
 * The id of the actor that an event is for.
 * @throws UnexpectedEvent, InvalidActorId naming the path
 */
export function actorIdIn({ id: path }: ListenerDefinition, event: Json): string {
  const field = path.join(".");
  let value: Json | undefined = event;
  for (const name of path) {
    const isObject: boolean = typeof value === "object" && value !== null && !Array.isArray(value);
    value =
      isObject && Object.hasOwn(value as object, name) ? (value as Record<string, Json>)[name] : undefined;
  }
  if (typeof value === "string") return checkActorId(value, field);
  if (Number.isSafeInteger(value)) return String(value);
  const found = value === undefined ? "is missing" : `(${quote(value)}) is neither a text nor a whole number`;
  throw new UnexpectedEvent(`"${field}", where the actor's id should be, ${found}.`, { field });
}

function isPath(text: string): boolean {
  const names = text.split(".");
  return names.every((name) => name !== "") && ID_ROOTS.has(names[0]);
}

function listOf(matcher: Matcher | readonly Matcher[]): readonly Matcher[] {
  return Array.isArray(matcher) ? (matcher as readonly Matcher[]) : [matcher as Matcher];
}

function invalid(message: string, option: string): InvalidDefinition {
  return new InvalidDefinition(message, { decorator: "@On", option });
}
