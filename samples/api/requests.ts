/** What a show takes. Its methods have these schemas, so it makes no difference by which way a request comes. */
import { schema } from "./schema";

const MAX_SEATS_AT_ONCE = 8;

export interface Plan {
  readonly title: string;
  /** Named A, B, … */
  readonly rows: number;
  readonly seatsPerRow: number;
}

export const PLAN = schema<Plan>(({ title, rows, seatsPerRow }) => ({
  title: !isText(title, 100) && "has 1 to 100 characters",
  rows: !isCount(rows, 26) && "is a whole number from 1 to 26",
  seatsPerRow: !isCount(seatsPerRow, 40) && "is a whole number from 1 to 40",
}));

export interface Choice {
  readonly seats: readonly string[];
}

export const CHOICE = schema<Choice>(({ seats }) => ({
  seats: !isChoice(seats) && `are 1 to ${MAX_SEATS_AT_ONCE} different seats, such as "B7"`,
}));

export interface Purchase {
  /** The id of a hold. */
  readonly hold: string;
  readonly name: string;
}

export const PURCHASE = schema<Purchase>(({ hold, name }) => ({
  hold: !isText(hold, 100) && "is the id of a hold",
  name: !isText(name, 100) && "has 1 to 100 characters",
}));

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === "string" && value.trim() !== "" && value.length <= maxLength;
}

function isCount(value: unknown, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;
}

function isChoice(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SEATS_AT_ONCE) return false;
  const isSeat = (seat: unknown) => typeof seat === "string" && /^[A-Z][1-9][0-9]?$/.test(seat);
  return value.every(isSeat) && new Set(value).size === value.length;
}
