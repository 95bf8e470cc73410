/** Two trials, of which one is paid in time: a month on the embedded engine, by a clock that the program moves. */
import { createTestApp } from "durable-lambda/testing";
import { Trial } from "./trial";

async function main(): Promise<void> {
  const app = createTestApp([Trial], { now: new Date("2030-01-01T12:00:00Z") });
  const trials = app.client.actor(Trial);
  await trials.get("ann").begin();
  await trials.get("bob").begin();

  await app.clock.advance("10d");
  await app.client.emit("OrderPaid", { customerId: "bob", orderId: "o-17" }, { source: "shop" });
  await app.clock.advance("20d");

  for (const customerId of ["ann", "bob"]) {
    console.log(`${customerId}: ${await trials.get(customerId).state()}`);
    for (const { timeMs, detailType, detail } of app.events) {
      const time = new Date(timeMs).toISOString().slice(0, 16).replace("T", " ");
      if ((detail as { customerId: string }).customerId === customerId)
        console.log(`  ${time} ${detailType}`);
    }
  }
  await app.close();
}

void main();
