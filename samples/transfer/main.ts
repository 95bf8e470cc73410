/** Three transfers on the embedded engine: one arrives, one is too large, one comes back. Ends by itself. */
import { setTimeout } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { Account } from "./account";
import { Statement } from "./statement";
import { Transfer } from "./transfer";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Account, Transfer, Statement], log });
  const [accounts, transfers] = [app.client.actor(Account), app.client.actor(Transfer)];
  await accounts.get("ann").deposit(100);
  await accounts.get("old").close();

  for (const [id, to, amount] of [
    ["t-1", "bob", 30],
    ["t-2", "bob", 500],
    ["t-3", "old", 50],
  ] as const) {
    const transfer = await transfers.get(id).start().run("ann", to, amount);
    const { status, reason } = await transfer.result();
    console.log(
      `${id}: ${amount} from ann to ${to} is ${status}${reason === undefined ? "" : `: ${reason}`}`,
    );
  }

  // The last event, and the money that goes back, are on their way when the result is there.
  const statement = app.client.actor(Statement).get("ann");
  const isThere = async () =>
    (await statement.summary()).returned === 1 && (await accounts.get("ann").current()) === 70;
  for (let tries = 0; tries < 100 && !(await isThere()); tries++) await setTimeout(20);

  console.log(
    `ann has ${await accounts.get("ann").current()}, bob has ${await accounts.get("bob").current()}`,
  );
  console.log("ann's statement:", JSON.stringify(await statement.summary()));
  await app.close();
}

void main();
