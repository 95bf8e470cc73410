/**
 * A caller who has nothing to do with what a test breaks: every second it sends a message, and a delayed one, to actors of
 * its own. In the end all of them must be there. They also keep LocalStack attentive, whose mappings look at a queue that
 * was empty ever less often, in the end every 10 s.
 */
import type { Client } from "durable-lambda";
import { Journal } from "./test-actors";

const EVERY_MS = 1_000;

export class Bystander {
  /** What was sent, in order. */
  readonly sent: string[] = [];
  private readonly sends: Promise<unknown>[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(client: Client) {
    const journal = client.actor(Journal);
    this.timer = setInterval(() => {
      const entry = `second ${this.sent.length}`;
      this.sent.push(entry);
      this.sends.push(
        Promise.allSettled([
          journal.get("bystander").send().add(entry),
          journal.get("bystander, later").send({ delay: "1s" }).add(entry),
        ]),
      );
    }, EVERY_MS);
  }

  /** Resolves when the queues have taken everything. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.sends);
  }
}
