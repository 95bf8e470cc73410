/** The app that a development server runs, in another process: asked over HTTP, in the words of `inspector/api.ts`. */
import type { Address } from "../../lib/address";
import type { Transport } from "../../lib/calling/transport";
import { DurableError } from "../../lib/errors";
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage, ActorQuery } from "../../lib/inspect/directory";
import type { QueueDepths } from "../../lib/inspect/inspection";
import type { InvocationReply } from "../../lib/invocation";
import type { DeadLetter } from "../../lib/messages/dead-letter";
import { errorFromWire, isWireError } from "../../lib/wire-error";
import type { AppInfo } from "../inspector/api";
import type { InspectedApp, Letters } from "./inspected-app";

type Query = Readonly<Record<string, string | number | undefined>>;

export class RemoteApp implements InspectedApp {
  readonly letters: Letters = {
    list: async (filter, { limit } = {}) =>
      (await this.get<{ letters: DeadLetter[] }>("dead-letters", { ...filter, limit })).letters,
    redrive: async (filter) => (await this.post<{ count: number }>("dead-letters/redrive", filter)).count,
    discard: async (filter) => (await this.post<{ count: number }>("dead-letters/discard", filter)).count,
  };

  readonly transport: Transport = {
    invoke: (request) => this.post<InvocationReply>("call", request),
  };

  /** @param url of the development server */
  constructor(private readonly url: string) {}

  info(): Promise<AppInfo> {
    return this.get("app");
  }

  list(query: ActorQuery): Promise<ActorPage> {
    return this.get("actors", { ...query });
  }

  async actor(address: Address): Promise<ActorView | undefined> {
    try {
      return await this.get<ActorView>("actor", { ...address });
    } catch (thrown) {
      if (thrown instanceof DurableError && thrown.code === "UnknownAddress") return undefined;
      throw thrown;
    }
  }

  depths(): Promise<QueueDepths> {
    return this.get("queues");
  }

  private get<T>(path: string, query: Query = {}): Promise<T> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    return this.ask<T>(`${path}?${search}`, {});
  }

  private post<T>(path: string, body: object): Promise<T> {
    return this.ask<T>(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  private async ask<T>(path: string, init: RequestInit): Promise<T> {
    const response = await fetch(new URL(`/inspect/${path}`, this.url), init).catch((cause: unknown) => {
      throw this.notThere(cause);
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return body as T;
    const { error } = (body ?? {}) as { error?: unknown };
    if (isWireError(error)) throw errorFromWire(error);
    throw this.notThere(new Error(`${response.status} ${response.statusText}`));
  }

  private notThere(cause: unknown): DurableError {
    return new DurableError(
      "AppNotReachable",
      `No app of durable-lambda answers at ${this.url}. Start it with "durable-lambda dev", say where it is with --url, or ` +
        "name one on AWS with --stack.",
      { details: { url: this.url }, cause },
    );
  }
}
