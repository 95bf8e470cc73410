/** `npm start`: the app in a process of its own, and somebody who calls it. Its state is in memory, and gone at the end. */
import { setTimeout } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { Booking } from "./booking";
import { Show } from "./show";

/** What is refused is printed below; the app's log would tell it again. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

const app = await startLocal({ actors: [Show, Booking], log });
const hamlet = app.client.actor(Show).get("hamlet");
const booking = (id: string) => app.client.actor(Booking).get(id);

/** What has happened, how many seats are free now, and why. */
async function tell(what: string, why: string): Promise<void> {
  console.log(`${what.padEnd(30)} ${await hamlet.left()} free   ${why}`);
}

await hamlet.open(3);
await tell("hamlet opens with 3 seats", "Show/hamlet has a state now");

await booking("ann").hold("hamlet", 2);
await tell("ann wants 2", "Booking/ann calls Show/hamlet");

const refused: unknown = await booking("bob")
  .hold("hamlet", 2)
  .catch((error: unknown) => error);
await tell("bob wants 2, too", String(refused));

await booking("ann").pay();
await tell("ann pays", "an event leaves, the reminder is forgotten");

await booking("cid").hold("hamlet", 1, "1s");
await tell("cid wants 1", "a reminder is set, for a second from now");

while ((await booking("cid").summary()).status === "held" || (await hamlet.left()) === 0)
  await setTimeout(50);
await tell("cid does not pay", "the reminder expires the booking, a message gives the seat back");

await app.close();
