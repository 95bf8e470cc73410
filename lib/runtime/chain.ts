/** Keeps calls from waiting for themselves, and chains of calls and messages from going on for ever. */
import { addressKey } from "../address";
import type { Envelope } from "../envelope";
import { CallCycle, HopLimitExceeded } from "../errors";
import { shorten } from "../quote";

/**
 * @param limit how many calls and messages may follow from each other
 * @throws CallCycle, HopLimitExceeded
 */
export function checkChain({ address, method, chain, hops }: Envelope, limit: number): void {
  const key = addressKey(address);
  if (chain.includes(key)) {
    const cycle = shown([...chain, key]);
    throw new CallCycle(
      `${cycle.join(" → ")}: ${key}.${method} would wait for a turn that waits for it. Send a message instead of one of these ` +
        "calls, or pass along what the last one asks for.",
      { chain: cycle, method },
    );
  }
  checkHops(hops, limit, `${key}.${method}`);
}

/** The ends of a long chain say enough. */
const SHOWN = 4;

function shown(chain: readonly string[]): string[] {
  const short = chain.map((key) => shorten(key));
  return short.length <= 2 * SHOWN ? short : [...short.slice(0, SHOWN), "…", ...short.slice(-SHOWN)];
}

/** @throws HopLimitExceeded */
export function checkHops(hops: number, limit: number, target: string): void {
  if (hops <= limit) return;
  throw new HopLimitExceeded(
    `${target} would be the ${hops}th in a chain of calls and messages that cause each other; ${limit} may (limits.hops). ` +
      "An actor that goes on for ever uses a reminder.",
    { hops, limit, target },
  );
}
