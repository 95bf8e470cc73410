/**
 * A proxy that loses, repeats and delays requests. The first part of a path is the port on this machine for which the
 * rest is: one proxy stands before all services and all workers. A request that has arrived here goes on when its sender
 * dies, as one does that is on its way.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "../../lib/random";

/** How often, in a hundred requests. */
const FAULTS = {
  /** The request never arrives. */
  "cut before": 1,
  /** It is applied, and its answer never arrives. */
  "cut after": 2,
  /** It arrives twice, at the same time or the second time late. */
  doubled: 2,
  /** It arrives late. */
  delayed: 2,
} as const;
type Fault = keyof typeof FAULTS;

const LOOPBACK = "127.0.0.1";
/** Most delays are short. */
const SHORT_MS = 100;
const LONG_SHARE = 0.2;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export class FaultyProxy {
  readonly counts: Record<Fault | "requests", number> = {
    requests: 0,
    "cut before": 0,
    "cut after": 0,
    doubled: 0,
    delayed: 0,
  };
  private isCalm = true;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server: Server = createServer((incoming, response) => {
    this.pass(incoming, response).catch(() => response.destroy());
  });

  /** @param longMs the longest delay */
  private constructor(
    private readonly random: Random,
    private readonly longMs: number,
  ) {}

  static async start(random: Random, longMs: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(random, longMs);
    await new Promise<void>((resolve) => proxy.server.listen(0, LOOPBACK, resolve));
    return proxy;
  }

  /** Where it stands in for a port of this machine. */
  readonly urlOf = (port: number): string => {
    return `http://${LOOPBACK}:${(this.server.address() as AddressInfo).port}/${port}`;
  };

  /** From now on requests meet with faults, or no longer. */
  rage(isOn: boolean): void {
    this.isCalm = !isOn;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.counts.requests++;
    const body = await buffer(incoming);
    const answer = await this.attempt(() => forward(this.agent, incoming, body));
    if (answer === undefined) response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** Undefined when the sender gets no answer. */
  private async attempt(send: () => Promise<Answer>): Promise<Answer | undefined> {
    const fault = this.isCalm ? undefined : this.draw();
    if (fault !== undefined) this.counts[fault]++;
    switch (fault) {
      case undefined:
        return send();
      case "cut before":
        return undefined;
      case "cut after":
        await send();
        return undefined;
      case "delayed":
        await wait(this.delayMs());
        return send();
      case "doubled":
        return this.random.fraction() < 0.5 ? this.atOnce(send) : this.againLater(send);
    }
  }

  /** The sender gets either answer. */
  private async atOnce(send: () => Promise<Answer>): Promise<Answer | undefined> {
    const answers = await Promise.all([send(), send()]);
    return this.random.fraction() < 0.5 ? answers[0] : answers[1];
  }

  private async againLater(send: () => Promise<Answer>): Promise<Answer> {
    const answer = await send();
    // Nobody waits for the second answer, and the receiver may be dead by then.
    void wait(this.delayMs())
      .then(send)
      .catch(() => {});
    return answer;
  }

  private draw(): Fault | undefined {
    let rest = this.random.fraction() * 100;
    for (const [fault, share] of Object.entries(FAULTS)) {
      rest -= share;
      if (rest < 0) return fault as Fault;
    }
    return undefined;
  }

  private delayMs(): number {
    const mostMs = this.random.fraction() < LONG_SHARE ? this.longMs : SHORT_MS;
    return this.random.fraction() * mostMs;
  }
}

function forward(
  agent: Agent,
  { url = "", method, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const [, port = "", path = "/"] = /^\/(\d+)(\/.*)?$/.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const target = { agent, host: LOOPBACK, port, path, method };
    const outgoing = request(
      { ...target, headers: { ...headers, host: `${LOOPBACK}:${port}` } },
      (incoming) => {
        const { statusCode: status = 502, headers } = incoming;
        buffer(incoming).then((answer) => resolve({ status, headers, body: answer }), reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
