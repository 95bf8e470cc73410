/** Three jobs, one of which fails: `npx tsx samples/cron/main.ts`. */
import { setTimeout as pause } from "node:timers/promises";
import { startLocal } from "durable-lambda/local";
import { Cron } from "./cron";
import { Worker } from "./worker";

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Cron, Worker] });
  const cron = app.client.actor(Cron).get("office");
  await cron.schedule("tidy", { every: "1s" }, "tidy up");
  await cron.schedule("backup", { every: "1s" }, "back up");
  await cron.schedule("report", { cron: "0 9 * * MON-FRI", timezone: "Europe/Berlin" }, "report");

  // Until both jobs have had two runs.
  const ended = async () => (await cron.list()).flatMap(({ runs }) => runs.slice(0, 2)).filter(isOver).length;
  while ((await ended()) < 4) await pause(50);

  for (const { jobId, nextRun, runs } of (await cron.list()).sort((a, b) => (a.jobId < b.jobId ? -1 : 1))) {
    const outcomes = runs
      .slice(0, 2)
      .map(({ outcome, reason }) => (reason ? `${outcome}: ${reason}` : outcome));
    const time = nextRun.toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" });
    console.log(`${jobId}: ${outcomes.join(", ") || `first at ${time} in Berlin`}`);
  }
  console.log(`unscheduled: ${await cron.unschedule("backup")}, ${(await cron.list()).length} jobs left`);
  await app.close();
}

const isOver = ({ outcome }: { readonly outcome: string }) => outcome !== "running";

void main();
