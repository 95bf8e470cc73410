/** A value that changes, and those who want to know: all the state that views share is in cells. */
import { useLayoutEffect, useState } from "preact/hooks";

export class Cell<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  update(change: (current: T) => T): void {
    this.set(change(this.current));
  }

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** The cell's value, in a component that is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
  return useSelected(cell, (value) => value);
}

/** What of a cell's value a component needs: it is drawn again when that is another one. */
export function useSelected<T, S>(cell: Cell<T>, select: (value: T) => S): S {
  const [, setDrawn] = useState<object>();
  const selected = select(cell.value);
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(select(cell.value), selected)) setDrawn({});
    };
    // It may have changed between drawing and now.
    look();
    return cell.subscribe(look);
  });
  return selected;
}
