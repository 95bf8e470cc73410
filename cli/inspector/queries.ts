/** What the page's requests say behind the question mark. */
import { UnexpectedEvent } from "../../lib/errors";
import type { ActorQuery } from "../../lib/inspect/directory";
import { quote } from "../../lib/quote";

const MOST = 2_000;
const DEFAULT = 500;

/** @throws UnexpectedEvent */
export function readLimit(text: string | undefined, most = MOST): number {
  if (text === undefined || text === "") return Math.min(DEFAULT, most);
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new UnexpectedEvent(`"limit" (${quote(text)}) is not a whole number from 1 to ${most}.`, {
    field: "limit",
  });
}

/** Empty fields are as if they were not there. @throws UnexpectedEvent */
export function readQuery({ type, search, after, limit }: Readonly<Record<string, string>>): ActorQuery {
  return {
    ...(type ? { type } : {}),
    ...(search ? { search } : {}),
    ...(after ? { after } : {}),
    ...(limit ? { limit: readLimit(limit, 1_000) } : {}),
  };
}
