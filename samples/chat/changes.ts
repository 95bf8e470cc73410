/**
 * Lets streams of this process know at once that somebody has changed a room through this process. What others change, a stream
 * finds by looking again: this saves it the waiting, and nothing depends on it.
 */
export class Changes {
  private readonly listeners = new Map<string, Set<Listener>>();

  tell(room: string): void {
    for (const listener of this.listeners.get(room) ?? []) listener.wake();
  }

  listen(room: string): Listener {
    const all = this.listeners.get(room) ?? new Set();
    this.listeners.set(room, all);
    const listener = new Listener(() => {
      all.delete(listener);
      if (all.size === 0 && this.listeners.get(room) === all) this.listeners.delete(room);
    });
    all.add(listener);
    return listener;
  }
}

export class Listener {
  /** Kept until somebody waits: what changes while a stream looks would be missed otherwise. */
  private isAwake = false;
  private resume = () => {};

  constructor(private readonly stop: () => void) {}

  wake(): void {
    this.isAwake = true;
    this.resume();
  }

  /** Resolves when something has changed since the last time, or after `withinMs`. */
  async change(withinMs: number): Promise<void> {
    if (!this.isAwake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.isAwake = false;
  }

  /** Ends a wait, too. */
  close(): void {
    this.stop();
    this.wake();
  }
}
