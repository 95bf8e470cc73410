/** An app on AWS: what is stored of it is read from its table and its queues, calls invoke its function. */
import type { Address } from "../../lib/address";
import type { Transport } from "../../lib/calling/transport";
import { DurableError } from "../../lib/errors";
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage, ActorQuery } from "../../lib/inspect/directory";
import type { Inspection, QueueDepths } from "../../lib/inspect/inspection";
import type { AppInfo } from "../inspector/api";
import type { InspectedApp, Letters } from "./inspected-app";

export interface StackAppOptions {
  /** What people call it. */
  readonly name: string;
  readonly version: string;
  readonly inspection: Inspection;
  /** Absent where nobody says which function it is. */
  readonly transport?: Transport;
}

/** How many actors are looked at to find out which types there are. */
const SAMPLE = 1_000;

export class StackApp implements InspectedApp {
  readonly letters: Letters;
  readonly transport: Transport;
  private types: Promise<readonly string[]> | undefined;

  constructor(private readonly options: StackAppOptions) {
    this.letters = options.inspection.deadLetters;
    this.transport = options.transport ?? { invoke: () => Promise.reject(noFunction()) };
  }

  async info(): Promise<AppInfo> {
    const { name, version } = this.options;
    // Once: it reads a part of the table.
    this.types ??= this.sampledTypes();
    const actors = (await this.types).map((type) => ({ name: type, methods: [], events: [] }));
    return { mode: "deployed", name, version, actors };
  }

  list(query: ActorQuery): Promise<ActorPage> {
    return this.options.inspection.list(query);
  }

  actor(address: Address): Promise<ActorView | undefined> {
    return this.options.inspection.actor(address);
  }

  depths(): Promise<QueueDepths> {
    return this.options.inspection.depths();
  }

  private async sampledTypes(): Promise<readonly string[]> {
    const { actors } = await this.options.inspection.list({ limit: SAMPLE });
    return [...new Set(actors.map(({ type }) => type))].sort();
  }
}

function noFunction(): DurableError {
  return new DurableError(
    "AppNotReachable",
    "Calls need the app's function: name its stack with --stack, or set DURABLE_ROUTER.",
  );
}
