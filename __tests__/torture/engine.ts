/** What the workers run on: the embedded engine's file, or emulators of DynamoDB and SQS behind the proxy. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../lib/clock";
import { LocalDatabase } from "../../lib/local/database";
import { localPorts } from "../../lib/local/ports";
import type { Ports } from "../../lib/ports";
import { systemRandom } from "../../lib/random";
import type { FaultyProxy } from "./proxy";

export type EngineName = "file" | "aws";

export interface Engine {
  /** The SQLite file, when there is one. */
  readonly file?: string;
  /** For the workers: what their adapters are to read. */
  readonly environment: NodeJS.ProcessEnv;
  /** Past the proxy, to see what is left behind. */
  readonly ports: Pick<Ports, "store" | "queues" | "calls">;
  close(): Promise<void>;
}

export function startEngine(name: EngineName, folder: string, proxy: FaultyProxy): Promise<Engine> {
  return name === "file" ? startFile(join(folder, "state.db")) : startEmulators(proxy);
}

async function startFile(file: string): Promise<Engine> {
  const database = new LocalDatabase(file);
  return {
    file,
    environment: process.env,
    ports: localPorts(database, systemClock, systemRandom),
    close: () => database.close(),
  };
}

async function startEmulators(proxy: FaultyProxy): Promise<Engine> {
  const [dynamo, sqs] = await Promise.all([startEmulator("dynamodb"), startEmulator("sqs")]);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamo.port}`,
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${sqs.port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "torture",
    AWS_SECRET_ACCESS_KEY: "torture",
  });
  // Not before it is needed: the SDK takes long to load.
  const { provision, portsFromEnvironment } = await import("durable-lambda/aws");
  const names = await provision({ only: ["dynamodb", "sqs"], environment: {} });
  return {
    environment: {
      ...process.env,
      ...names,
      AWS_ENDPOINT_URL_DYNAMODB: proxy.urlOf(dynamo.port),
      AWS_ENDPOINT_URL_SQS: proxy.urlOf(sqs.port),
    },
    ports: portsFromEnvironment(names),
    close: async () => {
      await Promise.all([dynamo.thread.terminate(), sqs.thread.terminate()]);
    },
  };
}

async function startEmulator(service: "dynamodb" | "sqs"): Promise<{ port: number; thread: Worker }> {
  const thread = new Worker(join(process.cwd(), "__tests__/torture/emulator.mjs"), { workerData: service });
  const [port] = (await once(thread, "message")) as [number];
  return { port, thread };
}
