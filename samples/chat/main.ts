/** Two people talk, a connection is cut, the server is stopped: `npx tsx samples/chat/main.ts`. Ends by itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocal } from "durable-lambda/local";
import { Room } from "./room";
import { serveChat } from "./serve";
import { Visitor } from "./visitor";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Runs the server on a file, as `server.ts` does, for as long as `use` takes. */
async function withServer<T>(file: string, use: (url: string) => Promise<T>): Promise<T> {
  const app = await startLocal({ actors: [Room], file, log });
  try {
    const chat = await serveChat(app.client, 0);
    return await use(chat.url).finally(() => chat.close());
  } finally {
    await app.close();
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "durable-chat-"));
  const file = join(folder, "state.db");
  try {
    const bob = await withServer(file, talk);
    console.log("the server is stopped, and started again");
    await withServer(file, async (url) => {
      await remember(url, bob);
      await refuse(url);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function talk(url: string): Promise<Visitor> {
  const [ann, bob] = [new Visitor("Ann", url), new Visitor("Bob", url)];
  await ann.enter();
  await bob.enter();
  await ann.listen();
  await bob.listen();
  console.log(`in the room: ${await bob.hear(1, "people")}`);
  await ann.post("Hello! Is anybody here?");
  console.log(`Bob hears    ${await bob.hear(1)}`);
  await bob.post("I am.");
  console.log(`Ann hears    ${(await ann.hear(2)).at(-1)}`);
  await bob.hear(1);

  bob.cut();
  console.log("Bob's connection is cut");
  await ann.post("Do you have a minute?");
  const key = "made once, in the browser";
  const first = await ann.post("It is about the boat.", key);
  const again = await ann.post("It is about the boat.", key); // As if no answer had come.
  const isOne = (await idOf(first)) === (await idOf(again));
  console.log(`Ann's request is sent once more: ${isOne ? "the same message" : "another message"}`);
  await bob.listen();
  console.log(`Bob is back, and hears\n  ${(await bob.hear(2)).join("\n  ")}`);
  bob.cut();
  return bob;
}

async function remember(url: string, bob: Visitor): Promise<void> {
  const cleo = new Visitor("Cleo", url);
  await cleo.enter();
  await cleo.listen();
  console.log(`Cleo, who is new, hears\n  ${(await cleo.hear(4)).join("\n  ")}`);
  bob.url = url;
  await bob.listen();
  await bob.post("The boat is yours.");
  console.log(`Bob, who has all that, hears\n  ${(await bob.hear(1)).join("\n  ")}`);
}

async function refuse(url: string): Promise<void> {
  const [dan, eve] = [new Visitor("Dan", url), new Visitor("dan", url)];
  await dan.enter();
  console.log(`another dan: ${await reasonOf(await eve.enter())}`);
  console.log(`to write without having entered: ${await reasonOf(await eve.post("Hi"))}`);
  console.log(`a text of 5,000 characters: ${await reasonOf(await dan.post("x".repeat(5_000)))}`);
  const burst = await Promise.all(Array.from({ length: 8 }, (_, count) => dan.post(`spam ${count}`)));
  const refused = burst.filter(({ status }) => status === 429);
  console.log(`8 messages at once: ${burst.length - refused.length} taken, ${refused.length} too fast`);
}

const idOf = async (posted: Response) => ((await posted.json()) as { id: string }).id;

async function reasonOf(refused: Response): Promise<string> {
  const { code, detail } = (await refused.json()) as { code: string; detail: string };
  return `${refused.status} ${code}, ${detail}`;
}

void main();
