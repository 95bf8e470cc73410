/** How a turn ended. */
import type { Reply } from "../../envelope";
import type { DurableError } from "../../errors";
import type { Verdict } from "../attempts";
import type { Call } from "../call";

/** Told to the caller only after the commit. */
export type Outcome =
  | { readonly call: Call; readonly reply: Reply }
  | { readonly call: Call; readonly error: DurableError; readonly verdict?: Verdict | undefined };
