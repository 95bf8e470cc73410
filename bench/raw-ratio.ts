/**
 * The time of a warm call beside that of the same request written by hand: one raw `UpdateCommand`, which writes state and ids of
 * calls if nobody else has written since. What is left is what the runtime adds. An unconditional update, which protects nothing, is printed for comparison.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createClient } from "durable-lambda";
import { Counter } from "../samples/counter/counter";
import { startEndpoint } from "./support/emulator";

/** Enough for the compiler to have made its mind up about all that is measured. */
const WARM_UP_ROUNDS = 1_000;
const ROUNDS = 2_000;
const GOAL = 1.2;

/** As many bytes as the ids of fifteen calls, about as many as a head has on average. */
const CALLS = "0123456789abcdef 1000 1000\n".repeat(15);

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
  let version = 0;
  const byHand = async () => {
    const isFirst = version === 0;
    const asSeen = isFirst
      ? "attribute_not_exists(#version) AND attribute_not_exists(#fence)"
      : "#version = :version AND #fence = :fence";
    await update("versioned", {
      UpdateExpression: "SET #state = :state, #calls = :calls, #version = :next, #fence = :next",
      ConditionExpression: asSeen,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ExpressionAttributeNames: {
        "#state": "state",
        "#calls": "calls",
        "#version": "version",
        "#fence": "fence",
      },
      ExpressionAttributeValues: {
        ":state": `{"count":${version}}`,
        ":calls": CALLS,
        ":next": version + 1,
        ...(isFirst ? {} : { ":version": version, ":fence": version }),
      },
    });
    version++;
  };
  const call = () => counter.increment();
  // One of each in turn, so that whatever else the machine does hits all alike.
  const times = new Map<() => Promise<unknown>, number[]>([byHand, plain, call].map((run) => [run, []]));
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
  console.log(`a raw UpdateCommand, as seen         ${meanMs(byHand).toFixed(2)} ms`);
  console.log(`a raw UpdateCommand, unconditional  ${meanMs(plain).toFixed(2)} ms`);
  console.log(`a warm call                         ${meanMs(call).toFixed(2)} ms`);
  console.log(`ratio to the first                  ${ratio.toFixed(3)} (goal ${GOAL})`);
  documents.destroy();
  endpoint.stop();
  if (ratio > GOAL) process.exitCode = 1;
}

void main();
