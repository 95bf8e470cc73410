/** Somebody has decided before, or nobody has in time: the first decision stays. */
export class AlreadyDecided extends Error {
  readonly code = "AlreadyDecided";
  override readonly name = "AlreadyDecided";

  constructor(readonly status: string) {
    super(`The request is ${status} already`);
  }
}

/** What whoever asked gets instead of an approval. */
export class Rejected extends Error {
  readonly code = "Rejected";
  override readonly name = "Rejected";

  constructor(
    /** Nobody, when the time was over. */
    readonly by: string | undefined,
    readonly reason: string,
  ) {
    super(by === undefined ? `Rejected: ${reason}` : `Rejected by ${by}: ${reason}`);
  }
}
