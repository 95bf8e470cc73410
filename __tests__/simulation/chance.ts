/**
 * Chance for one schedule. A question about one thing, such as the n-th request of a process, gets its answer from the
 * seed and the question alone: what else happens, or is left out, does not change it. So a schedule can be made smaller
 * while what remains of it stays the same.
 */
import type { Random } from "../../lib/random";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ID_LENGTH = 16;

export class Chance implements Random {
  private drawn = 0;

  private constructor(private readonly seed: number) {}

  static of(seed: number): Chance {
    return new Chance(mixed(seed | 0, 0x2545_f491));
  }

  /** Chance of its own for one thing: the same for the same names. */
  for(...names: readonly (string | number)[]): Chance {
    let { seed } = this;
    for (const name of names) seed = typeof name === "number" ? mixed(seed, name) : mixedText(seed, name);
    return new Chance(seed);
  }

  fraction = (): number => mixed(this.seed, this.drawn++) / 4_294_967_296;

  id = (): string => {
    let id = "";
    while (id.length < ID_LENGTH) {
      let bits = mixed(this.seed, this.drawn++);
      for (let count = 0; count < 4; count++, bits >>>= 6) id += ALPHABET[bits & 63];
    }
    return id;
  };

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  isTrue(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.fraction() * items.length)] as T;
  }
}

/** The finaliser of MurmurHash3 (A. Appleby, public domain), over both numbers. */
function mixed(seed: number, value: number): number {
  let hash = Math.imul(seed ^ Math.imul(value | 0, 0xcc9e_2d51), 0x1b87_3593) ^ (value | 0) ^ (seed >>> 15);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

function mixedText(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = mixed(hash, text.charCodeAt(index));
  return hash;
}
