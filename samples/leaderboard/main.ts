/** A small game's leaderboard: `npx tsx samples/leaderboard/main.ts`. */
import { startLocal } from "durable-lambda/local";
import { Leaderboard } from "./leaderboard";

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Leaderboard] });
  const board = app.client.actor(Leaderboard).get("chess");

  await board.score("ann", 120);
  await board.score("bob", 95);
  await board.score("cy", 120);
  await board.score("dee", 40);
  await board.score("ann", 80); // Not her best: it changes nothing.
  for (const { rank, user, points } of await board.top()) console.log(`${rank}. ${user} ${points}`);

  const { rank, points } = await board.score("bob", 150);
  console.log(`bob has ${points} now: rank ${rank}`);
  console.log(`eve has played: ${(await board.rank("eve")) !== undefined}`);
  const refused = await board.score("eve", Number.NaN).catch((error: Error) => error);
  console.log(String(refused));
  await app.close();
}

void main();
