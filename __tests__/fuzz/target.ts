/** What is fuzzed: a way in, the hostile texts for it, and what must hold of each. */
import type fc from "fast-check";

export interface Target {
  readonly name: string;
  readonly inputs: fc.Arbitrary<string>;
  /** Of the inputs of all targets, it gets so many parts. */
  readonly weight: number;
  /** The codes with which it may refuse. */
  readonly refusals: readonly string[];
  /**
   * Takes one input in. Returns how that ended: "accepted", or the code of an error that was sent as an answer.
   * @throws DurableError when it refuses; Finding when a promise is broken
   */
  feed(text: string): string | Promise<string>;
  open?(): Promise<void>;
  close?(): Promise<void>;
}

export const ACCEPTED = "accepted";
