/** Counts the HTTP requests that leave this process, whoever makes them. */
import { subscribe } from "node:diagnostics_channel";

let sent = 0;
subscribe("http.client.request.start", () => {
  sent++;
});

export async function countRequests(run: () => Promise<unknown>): Promise<number> {
  const before = sent;
  await run();
  return sent - before;
}
