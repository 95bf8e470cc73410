/** A few requests to the API, on the embedded engine: `npx tsx samples/api/main.ts`. Ends by itself. */
import { startLocal } from "durable-lambda/local";
import { createApi } from "./app";
import { Show } from "./show";

/** The program shows itself what is refused. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<void> {
  const app = await startLocal({ actors: [Show], log });
  const api = createApi(app.client);

  /** As over the network, but for the network. Prints what was asked and what was answered, and returns the answer's id. */
  async function ask(what: string, body?: object, headers: Record<string, string> = {}): Promise<string> {
    const [method = "", path = ""] = what.split(" ");
    const response = await api.request(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { id?: string };
    const { id = "" } = answer;
    console.log(`${id === "" ? what : what.replace(id, "…")} → ${response.status}\n  ${shown(answer)}`);
    return id;
  }

  try {
    await ask("PUT /shows/hamlet", { title: "Hamlet", rows: 2, seatsPerRow: 3 });
    const key = { "idempotency-key": "made by the customer's app" };
    const hold = await ask("POST /shows/hamlet/holds", { seats: ["A1", "A2"] }, key);
    const again = await ask("POST /shows/hamlet/holds", { seats: ["A1", "A2"] }, key);
    console.log(`  the same hold: ${again === hold}`);
    await ask("POST /shows/hamlet/holds", { seats: ["A2", "A3"] });
    const booking = await ask("POST /shows/hamlet/bookings", { hold, name: "Ann" });
    await ask(`GET /shows/hamlet/bookings/${booking}`);
    await ask("POST /shows/hamlet/bookings", { hold, name: "Bob" });
    await ask("POST /shows/hamlet/holds", { seats: ["first row"] });
    await ask("GET /shows/hamlet");
    await ask("GET /shows/macbeth");
  } finally {
    await app.close();
  }
}

/** Without what is another one in each run. */
function shown(answer: object): string {
  return JSON.stringify(answer, (name, value) => (name === "id" || name === "until" ? undefined : value));
}

void main();
