/** Three orders on the embedded engine: one is paid, one is refused, one is cancelled. Ends by itself. */
import { setTimeout } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { Customer } from "./customer";
import { Order } from "./order";
import { Stock } from "./stock";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Order, Stock, Customer], log });
  const [orders, lamps] = [app.client.actor(Order), app.client.actor(Stock).get("lamp")];
  const ann = app.client.actor(Customer).get("ann");
  const say = async (text: string) => console.log(`${text} (lamps left: ${await lamps.left()})`);

  await lamps.add(3);
  await say("stock is in");
  await say(`o-1, two lamps for ann: ${await orders.get("o-1").place("ann", { lamp: 2 })}`);
  const refused = await orders
    .get("o-2")
    .place("bob", { lamp: 2 })
    .catch((error: Error) => error.message);
  await say(`o-2, two lamps for bob: ${refused}`);
  await say(`o-3, one lamp for bob: ${await orders.get("o-3").place("bob", { lamp: 1 })}`);

  await say(`o-1: ${await orders.get("o-1").pay(4_000)}`);
  await until(async () => (await ann.total()).orders.length > 0);
  const { spentCents, orders: paid } = await ann.total();
  console.log(`ann has spent ${spentCents} cents, for ${paid.join(", ")}`);

  // What its reminder does, 15 minutes after it was placed: the test has the 15 minutes.
  const cancelled = await orders.get("o-3").cancel();
  await until(async () => (await lamps.left()) > 0);
  await say(`o-3: ${cancelled}`);
  await app.close();
}

/** For what follows from a turn: an event or a message is on its way when the turn's answer is there. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100 && !(await isSo()); tries++) await setTimeout(20);
}

void main();
