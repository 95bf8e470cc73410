/**
 * What calls cost in DynamoDB's write units, as the endpoint itself counts them: of small actors, and of large ones of which a call
 * changes one field. Beside it, what the same call would cost if an actor were one item: acquiring the lease and committing write
 * all of it.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  Actor,
  createClient,
  createRouter,
  DurableActor,
  type InvocationReply,
  Method,
} from "durable-lambda";
import { DynamoStore } from "../lib/aws/dynamo-store";
import { startEndpoint } from "./support/emulator";

@Actor("Ledger")
class Ledger extends DurableActor {
  entries: { id: string; note: string; amount: number }[] = [];

  /** Some 100 bytes for each entry. */
  @Method fill(entries: number): void {
    this.entries = Array.from({ length: entries }, (_, index) => ({
      id: `entry-${String(index).padStart(6, "0")}`,
      note: "paid by invoice, thank you for your order".padEnd(47, "."),
      amount: index,
    }));
  }
  @Method correct(index: number, amount: number): void {
    const entry = this.entries[index];
    if (entry !== undefined) entry.amount = amount;
  }
  @Method append(): number {
    return this.entries.push({ id: `entry-${this.entries.length}`, note: "new".padEnd(47, "."), amount: 1 });
  }
}

const CALLS = 100;

/** Sums what each write consumes. */
function countUnits(client: DynamoDBClient): () => number {
  let units = 0;
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        const isWrite = /^(UpdateItem|PutItem|BatchWriteItem)Command$/.test(commandName);
        if (!isWrite) return next(args);
        const input = { ...(args.input as object), ReturnConsumedCapacity: "TOTAL" };
        const result = await next({ ...args, input } as typeof args);
        const { ConsumedCapacity: consumed } = result.output as { ConsumedCapacity?: unknown };
        for (const { CapacityUnits } of [consumed ?? []].flat() as { CapacityUnits: number }[])
          units += CapacityUnits;
        return result;
      },
    { step: "initialize", name: "countUnits" },
  );
  return () => {
    const counted = units;
    units = 0;
    return counted;
  };
}

async function main(): Promise<void> {
  const endpoint = await startEndpoint();
  const dynamo = new DynamoDBClient({});
  const taken = countUnits(dynamo);
  const store = new DynamoStore(DynamoDBDocumentClient.from(dynamo), endpoint.table);
  const handle = createRouter([Ledger], { store });
  const invoke = async (request: object) => (await handle(request)) as InvocationReply;
  const ledger = createClient({ transport: { invoke } }).actor(Ledger);
  let failed = false;

  console.log(`write units a call, over ${CALLS} calls, on ${endpoint.name}`);
  console.log(`${"".padEnd(44)}${"average".padStart(9)}${"most".padStart(7)}${"one item".padStart(10)}`);
  /** A page of old call ids comes on top of one call in 30. */
  async function row(
    name: string,
    entries: number,
    limit: number,
    most: number,
    call: (index: number) => Promise<unknown>,
  ) {
    await ledger.get(name).fill(entries);
    // Half of the pieces are as a life of changes leaves them.
    for (let index = 0; index < 60; index++)
      await ledger.get(name).correct((index * 7_919) % (entries || 1), index);
    taken();
    const costs: number[] = [];
    for (let index = 0; index < CALLS; index++) {
      await call(index);
      costs.push(taken());
    }
    const average = costs.reduce((sum, cost) => sum + cost, 0) / CALLS;
    failed ||= average > limit || Math.max(...costs) > most;
    const whole = 2 * Math.max(1, Math.ceil((entries * 100) / 1_024));
    const figures = `${average.toFixed(2).padStart(9)}${String(Math.max(...costs)).padStart(7)}${String(whole).padStart(10)}`;
    console.log(`${name.padEnd(44)}${figures}   (at most ${limit}, ${most})`);
  }
  const change = (name: string, entries: number) => (index: number) =>
    ledger.get(name).correct((index * 104_729) % entries, 1_000_000 + index);
  await row("a small actor", 1, 1.1, 2, change("a small actor", 1));
  for (const [size, entries, limit, most] of [
    ["100 KB", 1_000, 6, 8],
    ["1 MB", 10_000, 25, 45],
    ["10 MB", 100_000, 180, 360],
  ] as const) {
    const name = `one changed field of ${size}`;
    await row(name, entries, limit, most, change(name, entries));
  }
  await row("one more entry behind 100 KB", 1_000, 7, 10, () =>
    ledger.get("one more entry behind 100 KB").append(),
  );
  endpoint.stop();
  if (failed) process.exitCode = 1;
}

void main();
