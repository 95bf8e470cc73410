/** The smallest actor, called: `npx tsx samples/counter/main.ts`. */
import { startLocal } from "durable-lambda/local";
import { Counter } from "./counter";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  // What fails is printed below; the log would have it again.
  const app = await startLocal({ actors: [Counter], log: silent });
  const counter = app.client.actor(Counter);

  console.log(`a by 5: ${await counter.get("a").increment(5)}`);
  console.log(`a by 1: ${await counter.get("a").increment()}`);
  console.log(`b, another actor: ${await counter.get("b").value()}`);

  await Promise.all(Array.from({ length: 50 }, () => counter.get("a").increment()));
  console.log(`a after 50 calls at once: ${await counter.get("a").value()}`);

  const failed = await counter
    .get("a")
    .incrementAndThrow()
    .catch((error: Error) => error);
  console.log(`${String(failed)}; a is ${await counter.get("a").value()}`);

  const sent = await counter.get("a").start({ idempotencyKey: "order-17" }).increment(100);
  console.log(`a after a message: ${await sent.result()}`);
  const again = await counter.get("a").start({ idempotencyKey: "order-17" }).increment(100);
  console.log(`the same message again: ${await again.result()}`);
  await app.close();
}

void main();
