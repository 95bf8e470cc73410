/**
 * The time of an uncontended call beside that of the same two requests written by hand: two raw `UpdateCommand`s, one that
 * takes a lock and one that writes under it and gives it back. What is left is what the runtime adds. Unconditional updates,
 * which protect nothing, are printed for comparison.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createClient } from "durable-lambda";
import { Counter } from "../samples/counter/counter";
import { startEndpoint } from "./support/emulator";

/** Enough for the compiler to have made its mind up about all that is measured. */
const WARM_UP_ROUNDS = 1_000;
const ROUNDS = 2_000;
const GOAL = 1.15;

/** The mean without the slowest tenth: those waited for something else. */
function trimmedMean(times: number[]): number {
  const kept = times.sort((a, b) => a - b).slice(0, Math.ceil(times.length * 0.9));
  return kept.reduce((sum, time) => sum + time, 0) / kept.length;
}

async function main(): Promise<void> {
  const endpoint = await startEndpoint();
  process.env.DURABLE_TABLE = endpoint.table;
  const counter = createClient().actor(Counter).get("a");
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient());
  const update = (pk: string, input: object) =>
    documents.send(new UpdateCommand({ TableName: endpoint.table, Key: { pk, sk: "HEAD" }, ...input }));
  const plain = () =>
    update("plain", {
      UpdateExpression: "SET #state = :state ADD version :one",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: { ":state": '{"count":1}', ":one": 1 },
    });
  const lock = () =>
    update("locked", {
      UpdateExpression: "SET #owner = :owner, #until = :until ADD #fence :one",
      ConditionExpression: "attribute_not_exists(#owner) OR #until <= :now",
      ExpressionAttributeNames: { "#owner": "owner", "#until": "until", "#fence": "fence" },
      ExpressionAttributeValues: {
        ":owner": "me",
        ":until": Date.now() + 15_000,
        ":now": Date.now(),
        ":one": 1,
      },
      ReturnValues: "ALL_NEW",
    });
  const writeAndUnlock = (fence: number) =>
    update("locked", {
      UpdateExpression: "SET #state = :state ADD #version :one REMOVE #owner, #until",
      ConditionExpression: "#owner = :owner AND #fence = :fence",
      ExpressionAttributeNames: {
        "#state": "state",
        "#version": "version",
        "#owner": "owner",
        "#until": "until",
        "#fence": "fence",
      },
      ExpressionAttributeValues: { ":state": '{"count":1}', ":one": 1, ":owner": "me", ":fence": fence },
    });
  const call = () => counter.increment();
  const byHand = async () => {
    const { Attributes: locked } = await lock();
    await writeAndUnlock(locked?.fence as number);
  };
  const unconditional = async () => {
    await plain();
    await plain();
  };
  // One of each in turn, so that whatever else the machine does hits all alike.
  const times = new Map<() => Promise<unknown>, number[]>(
    [byHand, unconditional, call].map((run) => [run, []]),
  );
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [run, measured] of times) {
      const startMs = performance.now();
      await run();
      if (round >= 0) measured.push(performance.now() - startMs);
    }
  }
  const meanMs = (run: () => Promise<unknown>) => trimmedMean(times.get(run) ?? []);
  const ratio = meanMs(call) / meanMs(byHand);
  console.log(`On ${endpoint.name}, ${ROUNDS} of each:`);
  console.log(`two raw UpdateCommands, lock and write   ${meanMs(byHand).toFixed(2)} ms`);
  console.log(`two raw UpdateCommands, unconditional    ${meanMs(unconditional).toFixed(2)} ms`);
  console.log(`an uncontended call                      ${meanMs(call).toFixed(2)} ms`);
  console.log(`ratio to the first                       ${ratio.toFixed(3)} (goal ${GOAL})`);
  documents.destroy();
  endpoint.stop();
  if (ratio > GOAL) process.exitCode = 1;
}

void main();
