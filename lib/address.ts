/**
 * An actor's address: its type and its id. The stored key is `type/id`; a type has no slash, so the key parses
 * back to exactly the same address and two actors never share one.
 */
import { InvalidActorId } from "./errors";
import { quote } from "./quote";

export interface Address {
  readonly type: string;
  readonly id: string;
}

/** The longest actor id, in bytes of UTF-8. */
const MAX_ACTOR_ID_BYTES = 512;

/** What an actor's type may look like; it is part of keys, paths and metrics. */
export const ACTOR_TYPE = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

// C0 and C1 controls and DEL: they make keys unreadable and break logs and paths.
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Returns `id` when it can name an actor.
 * @param field where it was found
 * @throws InvalidActorId
 */
export function checkActorId(id: unknown, field = "id"): string {
  if (typeof id !== "string") throw invalid(id, field, "is not a string");
  if (id === "") throw invalid(id, field, "is empty");
  if (!id.isWellFormed()) throw invalid(id, field, "has a lone surrogate");
  if (CONTROL_CHARACTER.test(id)) throw invalid(id, field, "has a control character");
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ACTOR_ID_BYTES) throw invalid(id, field, `has ${bytes} bytes`);
  return id;
}

export function addressKey({ type, id }: Address): string {
  return `${type}/${id}`;
}

export function parseAddressKey(key: string): Address {
  const slash = key.indexOf("/");
  return { type: key.slice(0, slash), id: key.slice(slash + 1) };
}

function invalid(id: unknown, field: string, problem: string): InvalidActorId {
  return new InvalidActorId(
    `The actor id ${quote(id)}${field === "id" ? "" : ` at "${field}"`} ${problem}. An id is a non-empty string of at most ${MAX_ACTOR_ID_BYTES} bytes without ` +
      "control characters.",
    { field, value: quote(id), limitBytes: MAX_ACTOR_ID_BYTES },
  );
}
