/** A caller of the embedded engine cannot keep it from working. */
import { startLocal } from "durable-lambda/local";
import { Counter } from "../../samples/counter/counter";

/** A loop that starves the event loop also starves the test's own timeout. */
const MAX_MS = 5_000;

test("who asks in a loop until a message has had its effect sees it", async () => {
  const app = await startLocal({ actors: [Counter] });
  try {
    const counter = app.client.actor(Counter).get("c");
    await counter.send().increment(3);
    const endMs = performance.now() + MAX_MS;
    let value = 0;
    while (value === 0 && performance.now() < endMs) value = await counter.value();
    expect(value).toBe(3);
  } finally {
    await app.close();
  }
});
