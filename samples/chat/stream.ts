/** A room's news as server-sent events, for as long as somebody listens. */
import { type ActorReference, DurableError } from "durable-lambda";
import type { SSEStreamingApi } from "hono/streaming";
import type { Listener } from "./changes";
import type { Room } from "./room";

/** A browser that has lost the stream comes back after this. */
const RETRY_MS = 1_000;

/**
 * Each message is an event with its own id. So a browser whose connection was cut anywhere says by `Last-Event-ID` what it has, and
 * gets what it has not. Who is there has no id: what counts is how it is now.
 *
 * @param since the id of the last message that the browser has
 * @param pollMs how often to look for what other processes have changed
 */
export async function streamNews(
  stream: SSEStreamingApi,
  room: ActorReference<Room>,
  changes: Listener,
  { since, pollMs }: { since: string | undefined; pollMs: number },
): Promise<void> {
  stream.onAbort(() => changes.close());
  let seen = since;
  let told: string | undefined;
  try {
    while (!stream.aborted) {
      const { messages, missed, people } = await room.news(seen);
      if (missed) {
        await stream.writeSSE({ event: "missed", data: "" });
        seen = undefined;
      }
      for (const message of messages) {
        await stream.writeSSE({ event: "message", id: message.id, data: JSON.stringify(message) });
        seen = message.id;
      }
      const present = JSON.stringify(people);
      if (present !== told) await stream.writeSSE({ event: "people", data: present, retry: RETRY_MS });
      told = present;
      await changes.change(pollMs);
    }
  } catch (error) {
    // The stream ends, and the browser comes back for the rest.
    if (!(error instanceof DurableError && error.retryable)) console.error(error);
  } finally {
    changes.close();
  }
}
