/** Two requests on the embedded engine: one is approved, one rejected, and neither twice. Ends by itself. */
import { setTimeout } from "node:timers/promises";
import { MethodError } from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { Approval } from "./approval";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Approval], log });
  const approvals = app.client.actor(Approval);
  /** What was started is a message, which may still be on its way. */
  const isAsked = async (id: string) => {
    for (let tries = 0; tries < 100 && (await approvals.get(id).state()) === "new"; tries++)
      await setTimeout(20);
  };

  const laptop = await approvals.get("laptop").start().request("A laptop for ann");
  console.log(`laptop: the call is ${(await laptop.status()).status}`);
  await isAsked("laptop");
  await approvals.get("laptop").approve("bob");
  console.log(`laptop: approved by ${(await laptop.result()).by}`);
  console.log(`laptop: ${await errorOf(approvals.get("laptop").reject("eve", "too late"))}`);

  const yacht = await approvals.get("yacht").start().request("A yacht for ann");
  await isAsked("yacht");
  await approvals.get("yacht").reject("bob", "too large");
  // In another process the call's id is enough.
  console.log(`yacht: ${await errorOf(app.client.call(yacht.callId).result())}`);
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
