/** Waits for what other processes bring about. */
import { setTimeout as wait } from "node:timers/promises";

const ASK_AGAIN_MS = 200;

/**
 * Asks until the assertions hold.
 * @throws what the last attempt threw, when the time is over
 */
export async function eventually<T>(attempt: () => Promise<T>, withinMs: number): Promise<T> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (Date.now() >= endMs) throw failure;
      await wait(ASK_AGAIN_MS);
    }
  }
}
