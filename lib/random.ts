/** Chance, as everything here sees it: ids and jitter. Tests and simulations put a seeded one in its place. */

export interface Random {
  /** 16 URL-safe characters, unique for all practical purposes. */
  id(): string;
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
}

export const systemRandom: Random = { id: randomId, fraction: Math.random };

const ID_BYTES = 12;

// Each request for random bytes is a system call; one serves many ids.
let pool = Buffer.alloc(0);

function randomId(): string {
  if (pool.length < ID_BYTES) pool = nodeCrypto().randomBytes(ID_BYTES * 256);
  const id = pool.toString("base64url", 0, ID_BYTES);
  pool = pool.subarray(ID_BYTES);
  return id;
}

/** Loaded with the first call: it takes several milliseconds, more than the rest of this package. */
export function nodeCrypto(): typeof import("node:crypto") {
  return require("node:crypto") as typeof import("node:crypto");
}

/**
 * Exponential backoff with equal jitter: between half and all of `baseMs · 2^attempt`, at most `maxMs`.
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 */
export function backoffMs(attempt: number, baseMs: number, maxMs: number, random: Random): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + random.fraction() * (ceiling / 2);
}
