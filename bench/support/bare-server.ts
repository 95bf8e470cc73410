/** The floor: one upsert per request, and nothing of what makes it an actor. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2] as string);
database.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; CREATE TABLE counter (id TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
);
const upsert = database.prepare(
  "INSERT INTO counter (id, n) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n RETURNING n",
);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { args } = JSON.parse(Buffer.concat(chunks).toString()) as { args: [number] };
    const id = (request.url as string).split("/")[3] as string;
    const row = upsert.get(id, args[0]) as { n: number };
    const body = JSON.stringify({ ok: true, result: row.n });
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
