/** What `npm start` shows: the main job on the embedded engine, in a few seconds. Ends by itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { Account } from "../bank/account";
import { Counter } from "../counter/counter";
import { Importer } from "./importer";
import { Notices } from "./notices";
import { Printer } from "./printer";

const say = (text: string) => console.log(`  ${text}`);
const chapter = (title: string) => console.log(`\n${title}`);
const actors = [Counter, Account, Notices, Importer, Printer];
/** The tour shows errors itself. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "durable-lambda-"));
  const file = join(folder, "state.db");
  try {
    console.log("durable-lambda: a tour on the embedded engine, no account needed");
    const app = await startLocal({ actors, file, log });
    say(`state in ${file}`);
    say(`HTTP on ${app.url}`);
    await callActors(app.client);
    await callOverHttp(app.url);
    await manyAtOnce(app.client);
    await rollBack(app.client);
    await sendMessages(app.client);
    await buryAndRedrive(app);
    await transfer(app.client);
    await app.close();
    await restart(file);
    await killInMidCall(file);
    console.log(
      "\nNext: docs/quick-start.md has five commands to an app of your own, samples/ has these actors and more, each with its tests.",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function callActors(client: Client): Promise<void> {
  chapter("1. An actor is a class; you call it by its id, through a typed proxy");
  const counter = client.actor(Counter);
  say(`counter.get("a").increment(5)  → ${await counter.get("a").increment(5)}`);
  say(`counter.get("a").increment()   → ${await counter.get("a").increment()}`);
  say(`counter.get("b").increment()   → ${await counter.get("b").increment()}   another id, another actor`);
}

async function callOverHttp(url: string): Promise<void> {
  chapter("2. The same over HTTP");
  const response = await fetch(`${url}/actors/Counter/a/increment`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ args: [4] }),
  });
  say(`POST /actors/Counter/a/increment {"args":[4]}  → ${await response.text()}`);
}

async function manyAtOnce(client: Client): Promise<void> {
  chapter("3. 50 increments at the same time lose nothing: one turn at a time");
  const busy = client.actor(Counter).get("busy");
  const results = await Promise.all(Array.from({ length: 50 }, () => busy.increment()));
  say(`${new Set(results).size} different results, from ${Math.min(...results)} to ${Math.max(...results)}`);
  check((await busy.value()) === 50);
}

async function rollBack(client: Client): Promise<void> {
  chapter("4. A method that throws changes nothing");
  const account = client.actor(Account).get("alice");
  say(`deposit(100)   → ${await account.deposit(100)}`);
  try {
    await account.withdraw(150);
  } catch (error) {
    const { name, message, available } = error as Error & { available: number };
    say(`withdraw(150)  → ${name}: ${message}   (its own property "available" is here too: ${available})`);
  }
  const { balance, entries } = await account.statement();
  say(`balance ${balance}, ${entries.length} entry`);
  check(balance === 100 && entries.length === 1);
}

async function sendMessages(client: Client): Promise<void> {
  chapter("5. Messages: queued instead of waited for, processed in their order, once each");
  const printer = client.actor(Printer).get("office");
  const pages = Array.from({ length: 20 }, (_, index) => `page ${index + 1}`);
  await Promise.all(pages.map((page) => printer.send().print(page)));
  const last = await printer.start().print("the end");
  say(`20 × send().print(…), then start().print("the end")  → result ${await last.result()}`);
  const printed = await printer.printed();
  say(`printed: ${printed.slice(0, 3).join(", ")}, …, ${printed.slice(-2).join(", ")}`);
  check(printed.join() === [...pages, "the end"].join());

  const contract = await printer.start().printWhenSigned("contract");
  say(`start().printWhenSigned("contract")  → ${(await contract.status()).status}: it waits for a person`);
  await client.call(contract.callId).resolve("signed by Ann");
  say(`client.call(id).resolve("signed by Ann"), in any process  → ${await contract.result()}`);
}

async function buryAndRedrive({ client, deadLetters }: LocalApp): Promise<void> {
  chapter("6. A message that cannot be processed becomes a dead letter, with its reason");
  const printer = client.actor(Printer).get("basement");
  await printer.jam(true);
  const invoice = await printer.start().print("invoice");
  const error = await invoice.result().catch((thrown: Error) => thrown);
  const [letter] = await deadLetters.list({ actor: "Printer" });
  say(`start().print("invoice")  → ${String(error)}   after ${letter?.reason.attempts} attempts`);
  await printer.jam(false);
  await printer.send().print("letter");
  say(`redriven: ${await deadLetters.redrive({ callId: invoice.callId })}, once the cause was mended`);
  await (await printer.start().print("the end")).result();
  const printed = await printer.printed();
  say(`printed: ${printed.join(", ")}`);
  check(error instanceof Error && printed.includes("invoice") && printed.length === 3);
}

async function transfer(client: Client): Promise<void> {
  chapter("7. What a turn causes leaves once it is committed: here a message, and an event");
  const [alice, bob] = [client.actor(Account).get("alice"), client.actor(Account).get("bob")];
  const notice = await client.actor(Notices).get("bob").start().next();
  const left = await Promise.all([alice.transfer("bob", 30), alice.transfer("bob", 20)]);
  say(`alice.transfer("bob", 30), alice.transfer("bob", 20)  → ${left.join(", ")}`);
  const news = await notice.result();
  say(`an actor hears of it, and a reminder of its own makes one notice of both, 1 s later: ${news}`);
  const balances = [(await alice.statement()).balance, (await bob.statement()).balance];
  say(`alice has ${balances[0]}, bob ${balances[1]}`);
  check(news.includes("30 from alice") && news.includes("20 from alice") && balances.join() === "50,50");
}

async function restart(file: string): Promise<void> {
  chapter("8. State is durable, and values keep their types");
  const app = await startLocal({ actors, file, log });
  const { balance, entries, totals } = await app.client.actor(Account).get("alice").statement();
  say(
    `after a restart: balance ${balance}, first entry at ${entries[0]?.at.toISOString()} (a Date), totals in a Map of ${totals.size}`,
  );
  check(balance === 50 && entries[0]?.at instanceof Date);
  await app.close();
}

async function killInMidCall(file: string): Promise<void> {
  chapter("9. A process killed by SIGKILL in the middle of a call");
  const doomed = spawn(process.execPath, [...process.execArgv, join(__dirname, "doomed.ts"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(doomed.stdout as NodeJS.ReadableStream, "data");
  say(`process ${doomed.pid} has added row 1, and is in the middle of adding row 2`);
  doomed.kill("SIGKILL");
  await once(doomed, "exit");
  say("SIGKILL");
  const app = await startLocal({ actors, file, log });
  const importer = app.client.actor(Importer).get("nightly");
  say(
    `the rows now: ${JSON.stringify(await importer.list())}   the finished call stayed, the half of one did not`,
  );
  const startMs = performance.now();
  const rows = await importer.add("row 2");
  say(
    `add("row 2")  → ${rows}   after ${Math.round(performance.now() - startMs)} ms, when the dead process's lease had ended`,
  );
  check(rows === 2);
  await app.close();
}

/** The tour is also a check: it fails loudly if what it says is not so. */
function check(holds: boolean): void {
  if (!holds) throw new Error("What the tour says is not what happened.");
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
