/** Somebody in a room, without a browser: asks what the page asks. For programs and tests. */
import { randomUUID } from "node:crypto";
import { type EventStream, openEvents } from "./event-stream";

export class Visitor {
  readonly session: string = randomUUID();
  private stream: EventStream | undefined;
  /** What a browser keeps: the id of the last message that it has had. */
  private lastEventId: string | undefined;

  /** @param url of the server: another one when that was started anew */
  constructor(
    readonly name: string,
    public url: string,
    readonly room = "lobby",
  ) {}

  enter(name = this.name): Promise<Response> {
    return this.ask("PUT", "me", { name });
  }

  leave(): Promise<Response> {
    return this.ask("DELETE", "me");
  }

  /** @param key the same again for another attempt at the same message */
  post(text: unknown, key: string = randomUUID()): Promise<Response> {
    return this.ask("POST", "messages", { text }, { "idempotency-key": key });
  }

  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.address}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.session}`,
        "content-type": "application/json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Opens the stream: at first for all that there is, after a cut for what is new. */
  async listen(): Promise<this> {
    this.cut();
    this.stream = await openEvents(`${this.address}/stream`, this.lastEventId);
    return this;
  }

  /** The next events of this kind, past those of others: messages as `Ann: Hello`, people as `Ann, Bob`. */
  async hear(count: number, kind: "message" | "people" = "message"): Promise<string[]> {
    const heard: string[] = [];
    while (heard.length < count) {
      if (this.stream === undefined) throw new Error(`${this.name} does not listen`);
      const { event, id, data } = await this.stream.next();
      if (id !== undefined) this.lastEventId = id;
      if (event === kind) heard.push(kind === "message" ? lineOf(data) : listOf(data));
    }
    return heard;
  }

  cut(): void {
    this.stream?.cut();
    this.stream = undefined;
  }

  private get address(): string {
    return `${this.url}/api/rooms/${this.room}`;
  }
}

function lineOf(data: string): string {
  const { by, text } = JSON.parse(data) as { by: string; text: string };
  return `${by}: ${text}`;
}

const listOf = (data: string) => (JSON.parse(data) as string[]).join(", ");
