/** Three orders on the embedded engine: one is shipped, one fails at its second step, one at its last. Ends by itself. */
import { startLocal } from "durable-lambda/local";
import { Inventory } from "./inventory";
import { Order } from "./order";
import { Payments } from "./payments";
import { Shipping } from "./shipping";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Order, Inventory, Payments, Shipping], log });
  const [orders, inventory] = [app.client.actor(Order), app.client.actor(Inventory)];
  const payments = app.client.actor(Payments);
  await inventory.get("lamp").add(3);
  await payments.get("ann").topUp(10_000);
  await app.client.actor(Shipping).get("NO").serve();

  const lamps = { customerId: "ann", item: "lamp", count: 1, cents: 2_500, country: "NO" };
  const wanted = { "o-1": lamps, "o-2": { ...lamps, count: 100 }, "o-3": { ...lamps, country: "Atlantis" } };
  for (const [id, cart] of Object.entries(wanted)) {
    const { status, steps } = await (await orders.get(id).start().process(cart)).result();
    console.log(`${id} is ${status}`);
    for (const step of steps) {
      const reason = step.reason === undefined ? "" : `: ${step.reason}`;
      console.log(`  ${step.name.padEnd(9)} ${step.status}${reason}`);
    }
  }
  console.log(`${await inventory.get("lamp").left()} lamps are left, of 3`);
  console.log(`ann has ${await payments.get("ann").credit()} cents left, of 10000`);
  await app.close();
}

void main();
