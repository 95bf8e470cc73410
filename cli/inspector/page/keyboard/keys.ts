/**
 * Keys that work wherever the focus is. Views bind them while they are shown; what lies on top of others comes first, then what was
 * bound last. While somebody types, only Escape is a command; while a dialog is open, none is.
 */
import { useLayoutEffect, useRef } from "preact/hooks";

/** Returns false for a key that it did not use. */
type Handler = (event: KeyboardEvent) => unknown;

/** By key, as `KeyboardEvent.key` has it, or by two of them one after the other: `"j"`, `"Escape"`, `"g a"`. */
export type Bindings = Readonly<Record<string, Handler>>;

/** Within this the second key of two must come. */
const SEQUENCE_MS = 1_200;

const bound: { readonly bindings: { readonly current: Bindings }; readonly isOnTop: boolean }[] = [];
let before: { readonly key: string; readonly atMs: number } | undefined;

export function useKeys(bindings: Bindings, isOnTop = false): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  // As soon as the view is there: a key that is pressed at once is not lost.
  useLayoutEffect(() => {
    const binding = { bindings: latest, isOnTop };
    bound.push(binding);
    return () => void bound.splice(bound.indexOf(binding), 1);
  }, [isOnTop]);
}

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    const { key, target, defaultPrevented, ctrlKey, metaKey, altKey } = event;
    if (defaultPrevented || ctrlKey || metaKey || altKey || document.querySelector(":modal") !== null) return;
    if (isTypedInto(target)) {
      if (key === "Escape") (target as HTMLElement).blur();
      return;
    }
    const first =
      before !== undefined && event.timeStamp - before.atMs < SEQUENCE_MS ? before.key : undefined;
    before = { key, atMs: event.timeStamp };
    if ((first !== undefined && run(`${first} ${key}`, event)) || run(key, event)) event.preventDefault();
  });
}

function run(name: string, event: KeyboardEvent): boolean {
  const byRank = bound.toReversed().sort((one, other) => Number(other.isOnTop) - Number(one.isOnTop));
  for (const { bindings } of byRank) {
    const handler = Object.hasOwn(bindings.current, name) ? bindings.current[name] : undefined;
    if (handler !== undefined && handler(event) !== false) {
      if (name.includes(" ")) before = undefined;
      return true;
    }
  }
  return false;
}

const NOT_TYPED = new Set(["checkbox", "radio", "button", "submit", "reset"]);

function isTypedInto(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !NOT_TYPED.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
