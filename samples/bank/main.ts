/** A withdrawal that throws, a transfer, and a transfer that throws, on the embedded engine. Ends by itself. */
import { setTimeout } from "node:timers/promises";
import { MethodError } from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { Account } from "./account";
import { Inbox } from "./inbox";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Account, Inbox], log });
  const [ann, bob] = [app.client.actor(Account).get("ann"), app.client.actor(Account).get("bob")];
  const inbox = app.client.actor(Inbox).get("bob");

  console.log(`ann deposits 100: ${await ann.deposit(100)}`);
  console.log(`ann withdraws 150: ${await errorOf(ann.withdraw(150))}`);
  const { balance, entries } = await ann.statement();
  console.log(`ann has ${balance}, and entries: ${entries.length}`);

  console.log(`ann sends bob 500: ${await errorOf(ann.transfer("bob", 500))}`);
  console.log(`ann sends bob 30: ${await ann.transfer("bob", 30)}`);
  // The answer is there once the turn is committed; its message and its event are on their way then.
  const hasArrived = async () => (await bob.statement()).balance > 0 && (await inbox.list()).length > 0;
  for (let tries = 0; tries < 100 && !(await hasArrived()); tries++) await setTimeout(20);
  console.log(`bob has ${(await bob.statement()).balance}; his inbox: ${(await inbox.list()).join(", ")}`);
  await app.close();
}

/** What a call failed with. */
async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    return `no error, but ${String(await call)}`;
  } catch (error) {
    if (error instanceof MethodError) return `${error.code}, ${error.message}`;
    throw error;
  }
}

void main();
