/** DynamoDB for benchmarks: the endpoint that the environment names, else an emulator in a process of its own. */
import { randomUUID } from "node:crypto";
import { provision } from "durable-lambda/aws";
import { startChild } from "./child";

export interface Endpoint {
  readonly table: string;
  readonly workflowTable: string;
  readonly name: string;
  stop(): void;
}

export async function startEndpoint(): Promise<Endpoint> {
  let stop = () => {};
  let name = process.env.AWS_ENDPOINT_URL ?? "";
  if (name === "") {
    const { line, process: child } = await startChild("dynalite-server");
    name = `dynalite at ${line}`;
    stop = () => child.kill();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: line,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "bench",
      AWS_SECRET_ACCESS_KEY: "bench",
    });
  }
  const id = randomUUID();
  const { DURABLE_TABLE: table = "", WORKFLOW_TABLE: workflowTable = "" } = await provision({
    only: ["dynamodb"],
    environment: { DURABLE_TABLE: `Bench-${id}`, WORKFLOW_TABLE: `BenchWorkflows-${id}` },
  });
  return { table, workflowTable, name, stop };
}
