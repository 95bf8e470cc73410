/** Listens to server-sent events as a browser does, for programs and tests: Node has no `EventSource` of its own. */

export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventStream {
  /** The next event. @throws when the connection ends before there is one */
  next(): Promise<StreamEvent>;
  /** Ends the connection from this side, as a lost network does. */
  cut(): void;
}

/** @param lastEventId what a browser says when it comes back */
export async function openEvents(url: string, lastEventId?: string): Promise<EventStream> {
  const connection = new AbortController();
  const { ok, status, body } = await fetch(url, {
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
    signal: connection.signal,
  });
  if (!ok || body === null) throw new Error(`The stream answered ${status}`);
  const events = eventsOf(body);
  return {
    async next() {
      const { value, done } = await events.next();
      if (done) throw new Error("The stream has ended");
      return value;
    },
    cut: () => connection.abort(),
  };
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const complete = text.split("\n\n");
    text = complete.pop() ?? "";
    for (const lines of complete) yield eventFrom(lines);
  }
}

function eventFrom(lines: string): StreamEvent {
  const fields = new Map<string, string>();
  for (const line of lines.split("\n")) {
    const [name = "", value = ""] = line.split(/: ?(.*)/s);
    fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value);
  }
  return { event: fields.get("event") ?? "message", id: fields.get("id"), data: fields.get("data") ?? "" };
}
