/** What was done, told at the edge of the page for a while. */
import { Cell } from "./cell";

export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad" | "plain";
  readonly text: string;
  readonly more?: string;
}

const SHOWN_MS = 6_000;
/** A failure is read twice. */
const SHOWN_BAD_MS = 15_000;
const MOST = 4;

export const toasts = new Cell<readonly Toast[]>([]);

let lastId = 0;

export function tell(tone: Toast["tone"], text: string, more?: string): void {
  const toast: Toast = { id: ++lastId, tone, text, ...(more === undefined ? {} : { more }) };
  toasts.update((all) => [...all, toast].slice(-MOST));
  window.setTimeout(() => dismiss(toast.id), tone === "bad" ? SHOWN_BAD_MS : SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.update((all) => all.filter((toast) => toast.id !== id));
}
