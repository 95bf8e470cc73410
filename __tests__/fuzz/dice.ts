/** Chance for one input: the same for the same seed, target and index, so that any input can be made again alone. */
import fc from "fast-check";

/** Chris Doty-Humphrey's small fast counting generator, in the form that fast-check asks for. */
class SmallFastCounter {
  constructor(
    private a: number,
    private b: number,
    private c: number,
    private counter = 1,
  ) {}

  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  clone(): SmallFastCounter {
    return new SmallFastCounter(this.a, this.b, this.c, this.counter);
  }

  getState(): readonly number[] {
    return [this.a, this.b, this.c, this.counter];
  }
}

/** So many numbers until the seeds are mixed. */
const WARM_UP = 12;

export function diceFor(seed: number, target: string, index: number): fc.Random {
  const generator = new SmallFastCounter(seed | 0, hashOf(target), index | 0);
  for (let round = 0; round < WARM_UP; round++) generator.next();
  return new fc.Random(generator);
}

function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) as number)) | 0;
  return hash;
}
