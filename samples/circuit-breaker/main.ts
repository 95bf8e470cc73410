/** A service that fails for a while, and its callers: `npx tsx samples/circuit-breaker/main.ts`. */
import { setTimeout as pause } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { ParcelsBreaker } from "./parcels-breaker";

let isDown = true;

/** The service of somebody else. */
function trackParcel(): string {
  if (isDown) throw new Error("503");
  return "on its way";
}

async function main(): Promise<void> {
  const app = await startLocal({ actors: [ParcelsBreaker] });
  const breaker = app.client.actor(ParcelsBreaker).get("parcels");

  /** How a caller uses a breaker. */
  async function track(): Promise<string> {
    const { allowed, round } = await breaker.ask();
    if (!allowed) return "not asked";
    try {
      const answer = trackParcel();
      await breaker.succeeded(round);
      return answer;
    } catch (error) {
      await breaker.failed(round);
      return String(error);
    }
  }
  const show = async (what: string) => console.log(`${what} (${(await breaker.status()).state})`);

  for (let call = 1; call <= 4; call++) await show(`call ${call}: ${await track()}`);
  isDown = false;
  while ((await breaker.status()).state === "open") await pause(50);
  await show("cooled down");
  for (let call = 5; call <= 7; call++) await show(`call ${call}: ${await track()}`);
  await app.close();
}

void main();
