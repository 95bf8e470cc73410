/** A burst of attempts to log in, and what is allowed a moment later: `npx tsx samples/rate-limiter/main.ts`. */
import { setTimeout as pause } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { LoginLimiter } from "./login-limiter";

async function main(): Promise<void> {
  const app = await startLocal({ actors: [LoginLimiter] });
  const logins = app.client.actor(LoginLimiter);
  const ann = logins.get("ann");

  const burst = await Promise.all(Array.from({ length: 5 }, () => ann.take()));
  console.log(`5 at once: ${burst.filter(({ allowed }) => allowed).length} allowed`);
  const refused = await ann.take();
  console.log(`one more: ${refused.allowed ? "allowed" : "refused"}, ${refused.remaining} left`);
  console.log(`somebody else: ${(await logins.get("bob").take()).allowed ? "allowed" : "refused"}`);

  await pause(refused.retryAfterMs);
  console.log(`after retryAfterMs: ${(await ann.take()).allowed ? "allowed" : "refused"}`);
  await app.close();
}

void main();
