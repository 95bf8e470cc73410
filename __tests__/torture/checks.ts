/** What must hold when the faults are over and everything has come to rest. */
import { systemClock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { Account, type AccountReport, Alarm, type AlarmReport, RING_EVERY_MS } from "./actors";
import type { Engine } from "./engine";
import { accountsOf, isBank, type Load, type LoadOptions } from "./load";
import { newTally, type Tally } from "./tally";

export interface Finding {
  readonly kind: "lost" | "doubled" | "out of order" | "wrong" | "left behind";
  /** What exactly. */
  readonly what: string;
}

/** What the actors say of themselves. */
export interface Reports {
  readonly accounts: ReadonlyMap<string, AccountReport>;
  readonly alarms: ReadonlyMap<string, AlarmReport>;
}

/** An alarm may be so late. */
const LATE_MS = 3 * RING_EVERY_MS;

export async function askAll(load: Load, options: LoadOptions, alarms: readonly string[]): Promise<Reports> {
  const { client } = load;
  const entries = async <T>(ids: readonly string[], ask: (id: string) => Promise<T>) =>
    new Map(await Promise.all(ids.map(async (id) => [id, await ask(id)] as const)));
  return {
    accounts: await entries(accountsOf(options), (id) => client.actor(Account).get(id).report()),
    alarms: await entries(alarms, (id) => client.actor(Alarm).get(id).report()),
  };
}

/** What has not come. It may be on its way still. */
export function missingIn(load: Load, { accounts, alarms }: Reports, nowMs: number): Finding[] {
  return [
    ...expectationsOf(load, accounts).flatMap(({ what, tally, last, unknown }) =>
      numbersLost(tally, last, unknown).map((number) => lost(`${what}, number ${number}`)),
    ),
    ...[...alarms].flatMap(([id, { nextMs }]) =>
      nowMs - nextMs > LATE_MS ? [lost(`alarm ${id} has not rung for ${nowMs - nextMs} ms`)] : [],
    ),
  ];
}

/** What cannot be mended by waiting. */
export function wrongIn(load: Load, { accounts, alarms }: Reports): Finding[] {
  return [
    ...expectationsOf(load, accounts).flatMap(({ what, tally, last, unknown }) => [
      ...tally.doubled.map((number) => finding("doubled", `${what}, number ${number}`)),
      ...tally.late
        .filter((number) => !unknown.has(number))
        .map((number) => finding("out of order", `${what}, number ${number}`)),
      ...(tally.last > last
        ? [finding("wrong", `${what}: ${last} were sent, number ${tally.last} came`)]
        : []),
    ]),
    ...[...alarms].flatMap(([id, { wrong }]) =>
      wrong.map((problem) => finding("wrong", `alarm ${id} ${problem}`)),
    ),
    ...load.wrong.map((problem) => finding("wrong", problem)),
    ...wrongMoney(accounts),
  ];
}

/** How many messages have had their effect. */
export function messagesIn(load: Load, { accounts }: Reports): number {
  return expectationsOf(load, accounts)
    .filter(({ kind }) => kind === "messages")
    .reduce((sum, { tally }) => sum + tally.count, 0);
}

interface Expectation {
  readonly kind: "messages" | "calls";
  readonly what: string;
  readonly tally: Tally;
  readonly last: number;
  readonly unknown: ReadonlySet<number>;
}

function expectationsOf(load: Load, accounts: Reports["accounts"]): Expectation[] {
  const tallyOf = (account: string, sender: string) => accounts.get(account)?.seen[sender] ?? newTally();
  const ofClients = load.streams.map(({ kind, sender, account, last, unknown }) => ({
    kind,
    what: `${kind} of ${sender} to ${account}`,
    tally: tallyOf(account, sender),
    last,
    unknown,
  }));
  const ofAccounts = [...accounts].flatMap(([from, { made }]) =>
    Object.entries(made).map(([to, last]) => ({
      kind: isBank(to) ? ("calls" as const) : ("messages" as const),
      what: `deposits of ${from} to ${to}`,
      tally: tallyOf(to, from),
      last,
      unknown: new Set<number>(),
    })),
  );
  return [...ofClients, ...ofAccounts];
}

function numbersLost({ last: seen, missing }: Tally, last: number, unknown: ReadonlySet<number>): number[] {
  const notReached = Array.from({ length: Math.max(0, last - seen) }, (_, index) => seen + 1 + index);
  return [...missing, ...notReached].filter((number) => !unknown.has(number));
}

function wrongMoney(accounts: Reports["accounts"]): Finding[] {
  const sum = (field: "balance" | "brought") =>
    Array.from(accounts.values(), (account) => account[field]).reduce((one, other) => one + other, 0);
  const [balance, brought] = [sum("balance"), sum("brought")];
  return balance === brought ? [] : [finding("wrong", `money: ${brought} came in, ${balance} is there`)];
}

/** What waits for somebody, although nothing should. Whatever is in a worker's hands may be among it. */
export async function leftBehind(
  { ports }: Engine,
  addresses: readonly { type: string; id: string }[],
): Promise<Finding[]> {
  const { store, queues } = ports;
  const heads = await Promise.all(
    addresses.map(async (address) => ({ ...address, head: await store.read(address, { consistent: true }) })),
  );
  const inHeads = heads.flatMap(({ type, id, head }) => [
    ...(head?.outbox ? [`the outbox of ${type} ${id}: ${head.outbox}`] : []),
    ...(head?.failing ? [`a failing message of ${type} ${id}: ${head.failing}`] : []),
    ...(head?.wakeAtMs ? [`a wake of ${type} ${id}, for ${head.wakeAtMs}`] : []),
  ]);
  const messages = await queues.messages.receive({
    max: 10,
    waitMs: queues.messages.sureAfterMs,
    hideMs: 1_000,
  });
  const letters = await new DeadLetters(ports, systemClock).list();
  return [
    ...inHeads,
    ...messages.map(({ body, receiveCount }) => `a message, received ${receiveCount} times: ${body}`),
    ...letters.map((letter) => `a dead letter: ${JSON.stringify(letter)}`),
  ].map((what) => finding("left behind", what));
}

function lost(what: string): Finding {
  return finding("lost", what);
}

function finding(kind: Finding["kind"], what: string): Finding {
  return { kind, what };
}
