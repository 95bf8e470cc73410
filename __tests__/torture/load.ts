/**
 * The load: clients that number what they send to each account, and remember of which numbers they know the outcome. A
 * client sends a few messages to one account, waits for the result of the last of them, and goes on with another account;
 * so it never runs far ahead. Callers wait for each result.
 */
import {
  type CallHandle,
  type Client,
  createClient,
  type DurableError,
  type Transport,
} from "durable-lambda";
import { Account } from "./actors";

/** What one sender sends to one account. */
export interface Stream {
  readonly sender: string;
  readonly account: string;
  readonly kind: "messages" | "calls";
  /** The last number. */
  last: number;
  /** Numbers without an answer: each has come at most once. */
  readonly unknown: Set<number>;
}

const WINDOW = 6;
/** To whom money is passed on: those that are so far away in the circle of accounts. */
const NEIGHBOURS = [1, 7, 20];
/** One in so many messages passes some on by a call. */
const NOW_EVERY = 7;
/** A caller's pause between two calls. */
const PAUSE_MS = 20;
const RESULT_TIMEOUT_MS = 120_000;

export interface LoadOptions {
  readonly accounts: number;
  readonly senders: number;
  readonly callers: number;
}

export class Load {
  readonly streams: Stream[] = [];
  /** Answers that were not what they should have been. */
  readonly wrong: string[] = [];
  /** Messages that will have come of what was sent. */
  messages = 0;
  calls = 0;
  readonly client: Client;
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor(
    transport: Transport,
    private readonly options: LoadOptions,
  ) {
    this.client = createClient({ transport });
    this.running = Promise.all([
      ...each(options.senders, (sender) => this.send(sender)),
      ...each(options.callers, (caller) => this.call(caller)),
    ]);
  }

  /** Sends no more, and resolves when all that was sent is answered for. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async send(sender: number): Promise<void> {
    const { accounts, senders } = this.options;
    const own = each(Math.ceil((accounts - sender) / senders), (round) =>
      this.open("messages", `client-${sender}`, sender + round * senders),
    );
    for (let turn = 0; !this.isOver; turn++) {
      const stream = own[turn % own.length] as Stream;
      for (let sent = 0; sent < WINDOW - 1; sent++) await this.sendOne(stream);
      await this.startOne(stream);
    }
  }

  private async sendOne(stream: Stream): Promise<void> {
    const number = ++stream.last;
    const byKey = number % 2 === 0 ? { idempotencyKey: `${stream.sender} ${number}` } : {};
    const account = this.client.actor(Account).get(stream.account).send(byKey);
    const { sender } = stream;
    await this.knowing(stream, number, async () => {
      if (number % NOW_EVERY === 0) {
        this.messages++;
        await account.passNow(sender, number, bankOf(stream.account));
      } else {
        this.messages += 1 + NEIGHBOURS.length;
        await account.pass(sender, number, this.neighboursOf(stream.account));
      }
    });
  }

  private async startOne(stream: Stream): Promise<void> {
    const number = ++stream.last;
    const account = this.client.actor(Account).get(stream.account).start();
    this.messages++;
    let handle: CallHandle<number> | undefined;
    await this.knowing(stream, number, async () => {
      handle = await account.keepSlowly(stream.sender, number);
    });
    if (handle === undefined) return;
    try {
      this.checkCount(stream, number, await resultOf(handle));
    } catch (thrown) {
      this.complain(stream, number, `its result: ${(thrown as Error).message}`);
    }
  }

  private async call(caller: number): Promise<void> {
    const stream = this.open("calls", `caller-${caller}`, caller % this.options.accounts);
    const account = this.client.actor(Account).get(stream.account);
    while (!this.isOver) {
      const number = ++stream.last;
      await this.knowing(stream, number, async () => {
        this.checkCount(stream, number, await account.keep(stream.sender, number));
        this.calls++;
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Notes a number of which nobody knows what became of it. */
  private async knowing(stream: Stream, number: number, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (thrown) {
      const { retryable, message } = thrown as DurableError;
      stream.unknown.add(number);
      // What would fail again is no consequence of a fault.
      if (!retryable) this.complain(stream, number, message);
    }
  }

  /** An account answers with how many it has seen; a repeated call gets its first answer. */
  private checkCount(stream: Stream, number: number, count: number): void {
    if (count <= number && count >= number - stream.unknown.size) return;
    this.complain(stream, number, `its answer was ${count}`);
  }

  private complain({ sender, account, kind }: Stream, number: number, problem: string): void {
    this.wrong.push(`${kind} of ${sender} to ${account}, number ${number}: ${problem}`);
  }

  private open(kind: Stream["kind"], sender: string, account: number): Stream {
    const stream = { kind, sender, account: accountOf(account), last: 0, unknown: new Set<number>() };
    this.streams.push(stream);
    return stream;
  }

  private neighboursOf(account: string): string[] {
    const { accounts } = this.options;
    return NEIGHBOURS.map((distance) => accountOf((Number(account.slice(1)) + distance) % accounts));
  }
}

/** However often nobody is there to answer. */
async function resultOf<T>(handle: CallHandle<T>): Promise<T> {
  const endMs = Date.now() + RESULT_TIMEOUT_MS;
  for (;;) {
    try {
      return await handle.result({ timeout: endMs - Date.now() });
    } catch (thrown) {
      const { code, retryable } = thrown as DurableError;
      if (!retryable || code === "ResultTimeout" || Date.now() >= endMs) throw thrown;
    }
  }
}

function accountOf(index: number): string {
  return `a${index}`;
}

const BANK = "-bank";

/** Takes a half from an account, by calls. */
function bankOf(account: string): string {
  return account + BANK;
}

export function isBank(account: string): boolean {
  return account.endsWith(BANK);
}

/** All accounts that the load knows of. */
export function accountsOf({ accounts }: LoadOptions): readonly string[] {
  const own = each(accounts, accountOf);
  return [...own, ...own.map(bankOf)];
}

function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
