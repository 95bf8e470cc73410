/** The chat to open in a browser: `npx tsx samples/chat/server.ts [file]`. Ctrl-C ends it; what was said is in the file. */
import { startLocal } from "durable-lambda/local";
import { Room } from "./room";
import { serveChat } from "./serve";

async function main(): Promise<void> {
  const [, , file = ".durable/chat.db"] = process.argv;
  const app = await startLocal({ actors: [Room], file });
  const chat = await serveChat(app.client, Number(process.env.PORT ?? 8080));
  console.log(`${chat.url} - open it twice, with two names. Ctrl-C ends it.`);
}

void main();
