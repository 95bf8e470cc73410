/** What happens in an app, as it happens, for whoever listens: a bounded past of its turns, and everything new. */
import type { LiveEvents, Turn } from "./api";

export type LiveEvent = {
  readonly [Name in keyof LiveEvents]: { readonly name: Name; readonly data: LiveEvents[Name] };
}[keyof LiveEvents];

type Listener = (event: LiveEvent) => void;

/** Turns that a page can still see that comes later. */
const MAX_TURNS = 2_000;

export class Feed {
  private readonly past: Turn[] = [];
  private readonly listeners = new Set<Listener>();
  private position = 0;

  /** The newest turns, the oldest first. */
  turns({ after = 0, limit = MAX_TURNS }: { readonly after?: number; readonly limit?: number } = {}): Turn[] {
    const newer = after === 0 ? this.past : this.past.filter(({ position }) => position > after);
    return newer.slice(-limit);
  }

  addTurn(turn: Omit<Turn, "position">): Turn {
    const placed = { ...turn, position: ++this.position };
    this.past.push(placed);
    if (this.past.length > MAX_TURNS) this.past.shift();
    this.emit({ name: "turn", data: placed });
    return placed;
  }

  emit(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Nobody listens: what costs something to find out need not be found out. */
  get isHeard(): boolean {
    return this.listeners.size > 0;
  }

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
