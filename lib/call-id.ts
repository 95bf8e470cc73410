/**
 * The id of a call: what makes a repetition of it recognisable. Either generated where the call begins, and then sent
 * with the time of that, or chosen by the caller, and then of any age.
 */
import { type Address, addressKey } from "./address";
import { UnexpectedEvent } from "./errors";
import { quote } from "./quote";
import { nodeCrypto } from "./random";

export interface CallIdentity {
  readonly callId: string;
  /** When the call was first sent, by its sender's clock; undefined for an id of the caller's own. */
  readonly sentAtMs: number | undefined;
}

const MAX_CALL_ID_LENGTH = 256;
export const CALL_ID_FORM = `a string of 1 to ${MAX_CALL_ID_LENGTH} characters`;

export function isCallId(value: unknown): value is string {
  return (
    typeof value === "string" && value !== "" && value.length <= MAX_CALL_ID_LENGTH && value.isWellFormed()
  );
}

/**
 * The call id for a key that the caller chose. The address is in it, so that one key can serve many actors.
 * @throws UnexpectedEvent for anything but well-formed text: it would be made a text that other keys may have too
 */
export function keyedCallId(address: Address, key: unknown): string {
  if (typeof key !== "string" || !key.isWellFormed()) {
    throw new UnexpectedEvent(`"idempotencyKey" (${quote(key)}) is not well-formed text.`, {
      field: "idempotencyKey",
      value: quote(key),
    });
  }
  return `~${digest(`${addressKey(address)}\n${key}`).slice(0, 22)}`;
}

/**
 * The 16 characters by which an actor remembers a call. A generated id is its own key; the key of one that the caller
 * chose begins with `~`.
 */
export function callKey({ callId, sentAtMs }: CallIdentity): string {
  if (sentAtMs === undefined) return `~${digest(callId).slice(0, 15)}`;
  return /^[\w-]{16}$/.test(callId) ? callId : digest(callId).slice(0, 16);
}

/** True for the key of an id that a caller chose. It may be of any age, so no range of time can be named for it. */
export function isChosen(key: string): boolean {
  return key.startsWith("~");
}

/** A call that a turn makes of another actor: the `ordinal`-th of that turn. */
export interface ChildCall {
  readonly ordinal: number;
  readonly address: Address;
  readonly method: string;
  /** Encoded. */
  readonly args: string;
}

/**
 * The identity of a call that a turn makes: the same when the turn is run again and does the same, so that its target
 * knows the call; another one when the turn takes another path. It is as old as the turn's own call.
 */
export function childCallOf(
  { callId, sentAtMs }: CallIdentity,
  { ordinal, address, method, args }: ChildCall,
): { readonly callId: string; readonly sentAtMs?: number } {
  const text = [callId, ordinal, addressKey(address), method, args].join("\n");
  return { callId: digest(text).slice(0, 16), ...(sentAtMs === undefined ? {} : { sentAtMs }) };
}

/** SHA-256 as URL-safe text. */
export function digest(text: string): string {
  return nodeCrypto().hash("sha256", text, "base64url");
}
