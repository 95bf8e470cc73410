/**
 * The time of an uncontended call beside that of two raw `UpdateCommand`s, one after the other, on the same endpoint in
 * the same run: what the runtime adds to the two requests that it makes.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createClient } from "durable-lambda";
import { Counter } from "../samples/counter/counter";
import { startEndpoint } from "./support/emulator";

const ROUNDS = 15;
const CALLS = 60;
const GOAL = 1.15;

async function timed(calls: number, run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; n < calls; n++) await run();
  return (performance.now() - startMs) / calls;
}

async function main(): Promise<void> {
  const endpoint = await startEndpoint();
  process.env.DURABLE_TABLE = endpoint.table;
  const counter = createClient().actor(Counter).get("a");
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient());
  const update = () =>
    documents.send(
      new UpdateCommand({
        TableName: endpoint.table,
        Key: { pk: "raw", sk: "HEAD" },
        UpdateExpression: "SET #state = :state ADD version :one",
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ":state": '{"count":1}', ":one": 1 },
        ReturnValues: "ALL_NEW",
      }),
    );
  const ratios: number[] = [];
  let rawMs = 0;
  let callMs = 0;
  for (let round = -3; round < ROUNDS; round++) {
    const call = await timed(CALLS, () => counter.increment());
    const raw = await timed(CALLS, async () => {
      await update();
      await update();
    });
    // The first rounds warm both up.
    if (round < 0) continue;
    ratios.push(call / raw);
    rawMs += raw / ROUNDS;
    callMs += call / ROUNDS;
  }
  const median = ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
  console.log(`On ${endpoint.name}, ${ROUNDS} rounds of ${CALLS}:`);
  console.log(
    `two raw UpdateCommands ${rawMs.toFixed(2)} ms   a call ${callMs.toFixed(2)} ms   ratio ${median.toFixed(3)} (goal ${GOAL})`,
  );
  documents.destroy();
  endpoint.stop();
  if (median > GOAL) process.exitCode = 1;
}

void main();
