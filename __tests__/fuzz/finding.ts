/** What must not happen, and is reported. */

export type FindingKind = "untyped error" | "pollution" | "hang" | "crash" | "slow" | "broken promise";

/** Thrown where a rule is broken. Not an error of the package: nothing of it may be taken for one. */
export class Finding extends Error {
  constructor(
    readonly kind: FindingKind,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Finding unless what the package promises holds */
export function promised(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Finding("broken promise", what);
}

const flaws: Finding[] = [];

/** For where nobody can be told by throwing alone: what is called there may take that for its own error, and go on. */
export function report(kind: FindingKind, message: string): Finding {
  const finding = new Finding(kind, message);
  flaws.push(finding);
  return finding;
}

/** What was reported since the last time. */
export function takeReported(): Finding | undefined {
  return flaws.length === 0 ? undefined : flaws.splice(0)[0];
}
