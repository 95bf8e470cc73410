/** Chance that comes out the same for the same seed. */
import type { Random } from "../random";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ID_LENGTH = 16;

/** Park and Miller's minimal standard generator (Communications of the ACM, 1988). */
export class SeededRandom implements Random {
  private state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
  }

  fraction = (): number => {
    this.state = (this.state * 48_271) % 2_147_483_647;
    return (this.state - 1) / 2_147_483_646;
  };

  id = (): string =>
    Array.from({ length: ID_LENGTH }, () => ALPHABET[Math.floor(this.fraction() * ALPHABET.length)]).join("");
}
