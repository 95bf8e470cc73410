export type RefusalCode =
  | "NoSuchShow"
  | "ShowExists"
  | "NoSuchSeat"
  | "SeatTaken"
  | "HoldEnded"
  | "NoSuchBooking";

/**
 * What a show refuses, as part of what it is for. It arrives at the caller as a `MethodError` with the same code and seats. Any other
 * error of a method is a defect, and nobody has to guess which of them are meant for customers.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** Those that it is about. */
    readonly seats?: readonly string[],
  ) {
    super(message);
  }
}
