/** An EventBridge emulator in this process, buses on it, and what their listeners get. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { provision } from "durable-lambda/aws";
import { eventBridgeClient } from "../../lib/aws/clients";
import { EventBridgeBus } from "../../lib/aws/event-bridge-bus";
import { drain } from "../contract/event-bus-contract";
import { CREDENTIALS, givenEndpoint } from "./endpoints";
import { SdkWiretap } from "./faulty-sdk";
import { TargetQueue } from "./target-queue";

/** In the form in which EventBridge hands over events. */
export type Delivery = Readonly<Record<string, unknown>>;

export interface EventBridgeEmulator {
  /** A bus of its own each time, and another SDK client. */
  connect(): Promise<EventBridgeConnection>;
  close(): Promise<void>;
}

export interface EventBridgeConnection {
  readonly bus: EventBridgeBus;
  readonly name: string;
  readonly client: EventBridgeClient;
  readonly wiretap: SdkWiretap;
  /** Takes what a listener to all events has got; where that takes time, waits until it is `count`. */
  delivered(count: number): Promise<Delivery[]>;
}

/**
 * Starts an emulator and sets the SDK's variables to it, beside those of `startDynamo` and `startSqs`. Where the environment
 * names an endpoint (`endpoints.ts`), the tests run against that instead.
 */
export async function startEventBridge(): Promise<EventBridgeEmulator> {
  const given = givenEndpoint("eventbridge");
  const fake = given ? undefined : await FakeEventBridge.start();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_EVENTBRIDGE: fake?.endpoint ?? given,
    ...CREDENTIALS,
  });
  const clients: { destroy(): void }[] = [];
  return {
    async connect() {
      const client = eventBridgeClient();
      clients.push(client);
      const { DURABLE_BUS_NAME: name = "" } = await provision({
        only: ["eventbridge"],
        environment: { DURABLE_BUS_NAME: `Bus-${randomUUID()}` },
      });
      const listener = fake ? undefined : await listenerOf(client, name, clients);
      const wiretap = new SdkWiretap();
      wiretap.attach(client);
      return {
        bus: new EventBridgeBus(client, name),
        name,
        client,
        wiretap,
        delivered: async (count) => (listener ? listener(count) : (fake?.take(name) ?? [])),
      };
    },
    async close() {
      for (const client of clients) client.destroy();
      await fake?.close();
    },
  };
}

/** A rule for everything, with a queue as its target. */
async function listenerOf(client: EventBridgeClient, bus: string, clients: { destroy(): void }[]) {
  const target = await TargetQueue.create(`${bus}.fifo`);
  clients.push(target);
  await target.listen(client, bus, { source: [{ prefix: "" }] });
  return (count: number) => drain(target.queue, count, 5_000);
}

interface PutEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** In seconds. */
  readonly Time: number;
}

type Answer = { readonly status?: number; readonly body: object };

/** What this package uses of EventBridge, as it is on AWS: it takes events for a bus that does not exist, too. */
class FakeEventBridge {
  private readonly buses = new Map<string, Delivery[]>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeEventBridge> {
    const fake = new FakeEventBridge(createServer());
    fake.server.on("request", async (request, response) => {
      const { status = 200, body } = await fake.answer(request);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    });
    await once(fake.server.listen(0, "127.0.0.1"), "listening");
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  take(bus: string): Delivery[] {
    return this.buses.get(bus)?.splice(0) ?? [];
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const input = (await json(request)) as { Name?: string; Entries?: PutEntry[] };
    switch (request.headers["x-amz-target"]) {
      case "AWSEvents.CreateEventBus":
        return this.createBus(input.Name ?? "");
      case "AWSEvents.DescribeEventBus":
        return this.describeBus(input.Name ?? "");
      case "AWSEvents.PutEvents":
        return this.putEvents(input.Entries ?? []);
      default:
        return refusal("UnknownOperationException", "This emulator has no such operation.");
    }
  }

  private createBus(name: string): Answer {
    if (this.buses.has(name)) return refusal("ResourceAlreadyExistsException", `${name} already exists.`);
    this.buses.set(name, []);
    return { body: { EventBusArn: `arn:aws:events:us-east-1:000000000000:event-bus/${name}` } };
  }

  private describeBus(name: string): Answer {
    if (!this.buses.has(name)) return refusal("ResourceNotFoundException", `${name} does not exist.`);
    return { body: { Name: name } };
  }

  private putEvents(entries: readonly PutEntry[]): Answer {
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    if (entries.length > 10 || bytes > 262_144)
      return refusal("ValidationException", "The request is too large.");
    const results = entries.map((entry) => this.put(entry));
    const failed = results.filter((result) => "ErrorCode" in result);
    return { body: { FailedEntryCount: failed.length, Entries: results } };
  }

  private put({
    EventBusName: bus,
    Source: source,
    DetailType: type,
    Detail: text,
    Time: seconds,
  }: PutEntry) {
    const detail = parsed(text);
    if (typeof detail !== "object" || detail === null || Array.isArray(detail)) {
      return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    }
    if (source.startsWith("aws.")) {
      return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
    }
    const id = randomUUID();
    const time = new Date(seconds * 1_000).toISOString().replace(/\.\d+/, "");
    const place = { account: "000000000000", region: "us-east-1", resources: [] };
    this.buses.get(bus)?.push({ version: "0", id, source, "detail-type": type, time, ...place, detail });
    return { EventId: id };
  }
}

function bytesOf({ Source, DetailType, Detail }: PutEntry): number {
  return 14 + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, message } };
}
