/** The stream of what happens, to one page. A page that comes back says what it saw last, and gets what it missed. */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { InspectedApp } from "../app/inspected-app";
import type { Feed, LiveEvent } from "./feed";

export interface LiveSources {
  readonly app: InspectedApp;
  readonly feed: Feed | undefined;
  readonly events: ((options: { readonly after?: number; readonly limit?: number }) => object[]) | undefined;
  /** How often queues and events are looked at, which tell nobody of themselves. */
  readonly lookMs: number;
  readonly stopping: AbortSignal;
}

/** What a page that was away gets at most. */
const MOST_MISSED = 1_000;
/** A page that does not keep up is cut off: it comes back, and gets the rest. */
const MOST_UNSENT = 10_000;

export function live(c: Context, sources: LiveSources): Response {
  return streamSSE(c, (stream) => new LiveStream(stream, sources, c.req.header("last-event-id")).run());
}

/** Positions up to which a page has seen turns and events; the stream's ids are these two. */
interface Seen {
  turn: number;
  event: number;
}

class LiveStream {
  private readonly seen: Seen;
  private sent: Promise<void> = Promise.resolve();
  private unsent = 0;
  /** What was said last that is said only when it has changed. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly stream: SSEStreamingApi,
    private readonly sources: LiveSources,
    lastEventId: string | undefined,
  ) {
    const [turn, event] = (lastEventId ?? "").split(".").map(Number);
    const { feed, events } = sources;
    const isBack = Number.isInteger(turn) && Number.isInteger(event);
    this.seen = {
      turn: isBack ? (turn as number) : (feed?.turns({ limit: 1 })[0]?.position ?? 0),
      event: isBack ? (event as number) : lastPosition(events?.({ limit: 1 })),
    };
  }

  async run(): Promise<void> {
    const { feed, stopping, lookMs } = this.sources;
    const ended = new Promise<void>((resolve) => {
      this.stream.onAbort(resolve);
      stopping.addEventListener("abort", () => resolve(), { once: true });
    });
    // In one go with what it missed: nothing comes between them.
    const stopListening = feed?.listen((event) => this.tell(event));
    const missed = feed?.turns({ after: this.seen.turn, limit: MOST_MISSED }) ?? [];
    for (const turn of missed) this.tell({ name: "turn", data: turn });
    try {
      while (!this.stream.aborted && !this.stream.closed && !stopping.aborted) {
        await this.look();
        await Promise.race([ended, this.stream.sleep(lookMs)]);
      }
    } finally {
      stopListening?.();
    }
  }

  private async look(): Promise<void> {
    const { app, events } = this.sources;
    for (const event of events?.({ after: this.seen.event, limit: MOST_MISSED }) ?? []) {
      this.tell({ name: "event", data: event } as LiveEvent);
    }
    const [queues, info] = await Promise.all([app.depths(), app.info()]);
    this.tellIfNew({ name: "queues", data: queues });
    this.tellIfNew({ name: "app", data: info });
    await this.sent;
  }

  private tellIfNew(event: LiveEvent): void {
    const text = JSON.stringify(event.data);
    if (this.told.get(event.name) === text) return;
    this.told.set(event.name, text);
    this.tell(event);
  }

  /** One after the other: the id of each says what a page has seen that has seen this. */
  private tell({ name, data }: LiveEvent): void {
    if (name === "turn" || name === "event") this.seen[name] = data.position;
    const message = { event: name, data: JSON.stringify(data), id: `${this.seen.turn}.${this.seen.event}` };
    this.unsent++;
    this.sent = this.sent.then(async () => {
      if (this.unsent > MOST_UNSENT) return void (await this.stream.close());
      await this.stream.writeSSE(message);
      this.unsent--;
    });
  }
}

function lastPosition(events: object[] = []): number {
  return (events.at(-1) as { position?: number } | undefined)?.position ?? 0;
}
