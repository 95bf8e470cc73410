/**
 * Whether the server is there.
 *
 *     connecting ──► live ──stream breaks──► reconnecting ──a request fails──► gone
 *                     ▲                          │                              │ asked again and again
 *                     └──────────────────────────┴──────────────────────────────┘
 */
import { Cell } from "../state/cell";

export type Connection = "connecting" | "live" | "reconnecting" | "gone";

export const connection = new Cell<Connection>("connecting");

/** One more each time that the stream begins again: what was loaded before may be old. */
export const epoch = new Cell(0);

let onUnreachable = () => {};

/** @param listener asked to find out, when a request had no answer */
export function whenUnreachable(listener: () => void): void {
  onUnreachable = listener;
}

export function noteUnreachable(): void {
  onUnreachable();
}
