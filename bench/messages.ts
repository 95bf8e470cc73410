/**
 * Messages on the embedded engine, from `send` to their effect, on a file and 100 actors; beside a bare loop of the same
 * SQLite transactions, on a file with the same durability: an insert for each message, and for each batch of ten of one
 * actor what receives it, takes a lease, commits, and deletes it. The loop runs no actors, parses nothing and keeps no
 * order.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startLocal } from "durable-lambda/local";
import { Counter } from "../samples/counter/counter";

const ACTORS = 100;
const MESSAGES = 20_000;
const BATCH = 10;
/** Sends that are under way at once. */
const SENDERS = 200;
const ROUNDS = 5;
const GOAL_RATIO = 0.5;
const GOAL_PER_SECOND = 3_000;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "durable-bench-"));
  const ratios: number[] = [];
  const rates: [number, number][] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const bare = bareLoop(join(folder, `bare-${round}.db`));
      const engine = await engineRate(join(folder, `engine-${round}.db`));
      rates.push([bare, engine]);
      ratios.push(engine / bare);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const ratio = median(ratios);
  const engine = median(rates.map(([, rate]) => rate));
  console.log(
    `bare loop of the same transactions   ${median(rates.map(([rate]) => rate)).toFixed(0)} messages/s`,
  );
  console.log(
    `engine, from send to effect          ${engine.toFixed(0)} messages/s (goal ${GOAL_PER_SECOND})`,
  );
  console.log(
    `ratio                                ${(ratio * 100).toFixed(0)} % (goal ${GOAL_RATIO * 100} %)`,
  );
  if (ratio < GOAL_RATIO || engine < GOAL_PER_SECOND) process.exitCode = 1;
}

async function engineRate(file: string): Promise<number> {
  const app = await startLocal({ actors: [Counter], file });
  const counter = app.client.actor(Counter);
  const startMs = performance.now();
  let next = 0;
  const sender = async () => {
    while (next < MESSAGES)
      await counter
        .get(`c${next++ % ACTORS}`)
        .send()
        .increment();
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  // One look at a time, so that looking costs little: when each has had its share, all is done.
  for (let actor = 0; actor < ACTORS; actor++) {
    while ((await counter.get(`c${actor}`).value()) < MESSAGES / ACTORS) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  const seconds = (performance.now() - startMs) / 1_000;
  await app.close();
  return MESSAGES / seconds;
}

function bareLoop(file: string): number {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE message (seq INTEGER PRIMARY KEY, actor TEXT, body TEXT, visible INTEGER, count INTEGER);
    CREATE INDEX message_actor ON message (actor, seq);
    CREATE TABLE head (key TEXT PRIMARY KEY, version INTEGER, fence INTEGER, lease TEXT, state TEXT, inbox TEXT) WITHOUT ROWID;
  `);
  const insert = database.prepare("INSERT INTO message (actor, body, visible, count) VALUES (?, ?, 0, 0)");
  const front = database.prepare("SELECT seq, body FROM message WHERE actor = ? ORDER BY seq LIMIT 10");
  const hide = database.prepare("UPDATE message SET visible = 1, count = count + 1 WHERE seq = ?");
  const acquire = database.prepare(
    "INSERT INTO head VALUES (?, 0, 1, 'l', '', '') ON CONFLICT (key) DO UPDATE SET fence = fence + 1, lease = 'l' RETURNING *",
  );
  const commit = database.prepare(
    "UPDATE head SET version = version + 1, lease = NULL, state = ?, inbox = ? WHERE key = ? AND lease = 'l'",
  );
  const remove = database.prepare("DELETE FROM message WHERE seq = ?");
  const inTransaction = (work: () => void) => {
    database.exec("BEGIN IMMEDIATE");
    work();
    database.exec("COMMIT");
  };
  const body = JSON.stringify({
    actor: "Counter",
    id: "c10",
    method: "increment",
    args: [],
    callId: "x".repeat(16),
  });
  const startMs = performance.now();
  for (let done = 0; done < MESSAGES; done += BATCH * ACTORS) {
    for (let n = 0; n < BATCH * ACTORS; n++) insert.run(`c${n % ACTORS}`, body);
    for (let actor = 0; actor < ACTORS; actor++) {
      let batch: { seq: number }[] = [];
      inTransaction(() => {
        batch = front.all(`c${actor}`) as { seq: number }[];
        for (const { seq } of batch) hide.run(seq);
      });
      acquire.get(`c${actor}`);
      commit.run(`{"count":${done}}`, "x".repeat(400), `c${actor}`);
      inTransaction(() => {
        for (const { seq } of batch) remove.run(seq);
      });
    }
  }
  const seconds = (performance.now() - startMs) / 1_000;
  database.close();
  return MESSAGES / seconds;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

void main();
