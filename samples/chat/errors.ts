/** What a room refuses. Each arrives at the caller as a `MethodError` with its code and its own fields. */

/** Nobody writes without having entered, or long after they were last heard of. */
export class NotHere extends Error {
  override readonly name = "NotHere";
  readonly code = "NotHere";

  constructor() {
    super("You are not in this room any more: enter it again");
  }
}

/** One name is one person, as long as they are there. */
export class NameTaken extends Error {
  override readonly name = "NameTaken";
  readonly code = "NameTaken";

  constructor(taken: string) {
    super(`Somebody called ${taken} is in this room already`);
  }
}

export class RoomFull extends Error {
  override readonly name = "RoomFull";
  readonly code = "RoomFull";

  constructor(limit: number) {
    super(`There are ${limit} people in this room, and that is all it takes`);
  }
}

export class TooFast extends Error {
  override readonly name = "TooFast";
  readonly code = "TooFast";

  constructor(readonly retryAfterMs: number) {
    super(`That was a lot in a short time: wait ${Math.ceil(retryAfterMs / 1_000)} s`);
  }
}
