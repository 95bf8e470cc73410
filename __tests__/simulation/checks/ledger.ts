/**
 * Watches the table: each commit as it is applied. The state tells the attempt that was committed last, and each attempt the one
 * before it; so the ledger knows which attempts a commit contains, in their order, whatever anybody was told.
 *
 *     state before: n4 ──commit──► state after: n9        n9 ran on n7, n7 on n4: the commit contains n7, n9
 */
import { HEAD_SORT_KEY, partSortKey } from "../../../lib/aws/dynamo-item";
import { fenceOfPiece, isManifest, PIECE_PREFIX, parseManifest } from "../../../lib/state/manifest";
import type { Item } from "../cloud/dynamo-values";
import type { AppliedWrite } from "../cloud/dynamodb";
import { TABLES } from "../cloud/names";
import type { Attempt } from "../workload/history";
import { opIn } from "../workload/program";
import type { World } from "../world";

interface StateText {
  readonly last?: string;
  readonly balance?: number;
  readonly lines?: readonly string[];
  readonly era?: number;
  readonly births?: number;
}

/** With this begin the sort keys of all pieces of states. */
export const PIECE_SORT_KEY = partSortKey(PIECE_PREFIX);

/** What was committed to one actor. */
export interface Account {
  /** In the order of the commits, and of the turns in each. */
  readonly attempts: Attempt[];
  /** By version: what a look at it finds. */
  readonly versions: Map<number, { readonly last: string; readonly balance: number }>;
  /** Fences of the leases under which it was destroyed. */
  readonly destroyedAt: number[];
}

export class Ledger {
  readonly accounts = new Map<string, Account>();
  /** Programs of reminders that were given up: each is a dead letter. */
  readonly parked = new Set<string>();
  /** Keys of pieces that came when the lease under which they were written was somebody else's. */
  readonly late = new Set<string>();

  constructor(private readonly world: World) {}

  onWrite = ({ table, before, after }: AppliedWrite): void => {
    if (table !== TABLES.state || after === undefined) return;
    if (after.sk !== HEAD_SORT_KEY) {
      this.partWritten(after);
      return;
    }
    const { history } = this.world;
    const [wasVersion, isVersion] = [Number(before?.version ?? 0), Number(after.version ?? 0)];
    const [wasFence, isFence] = [Number(before?.fence ?? 0), Number(after.fence ?? 0)];
    const key = String(after.pk);
    if (isFence < wasFence)
      history.violated("fences", `the fence of ${key} fell from ${wasFence} to ${isFence}`);
    // Nobody else may take what is committed without a lease for something of a lease's, which has a fence of its own.
    if (isVersion > wasVersion && isFence === wasFence && before?.leaseId === undefined)
      history.violated("fences", `${key} was committed without a lease and without a new fence`);
    // Who holds the lease, and lives, is not disturbed by what runs without one.
    const untilMs = Number(before?.leaseUntil ?? 0);
    if (isVersion > wasVersion && isFence > wasFence && untilMs > Number(this.world.writer?.nowMs))
      history.violated("leases", `${key} was committed without a lease while somebody held it`);
    if (isVersion === wasVersion) {
      if (before?.state !== after.state) history.violated("versions", `${key} changed without a new version`);
      return;
    }
    if (before?.schema !== undefined && after.schema !== undefined && after.schema < before.schema) {
      history.violated(
        "code versions",
        `${key} was of version ${before.schema}, and ${after.schema} wrote over it`,
      );
    }
    if (isVersion !== wasVersion + 1) {
      history.violated("versions", `the version of ${key} went from ${wasVersion} to ${isVersion}`);
    }
    if (key.startsWith("Account/")) this.committed(key, before, after, isVersion, isFence);
    this.checkPieces(key, after);
  };

  /** Pieces beside a head that names none are removed before the lease is given back. */
  private checkPieces(key: string, { state, pieces, leaseId }: Item): void {
    const hasNone = typeof state !== "string" || !isManifest(state);
    if (leaseId !== undefined || !hasNone || pieces !== true || this.world.corruption.has(key)) return;
    this.world.history.violated("state", `${key} was let go with pieces beside it that nobody names`);
  }

  account(key: string): Account {
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = { attempts: [], versions: new Map([[0, { last: "", balance: 0 }]]), destroyedAt: [] };
      this.accounts.set(key, account);
    }
    return account;
  }

  /** A piece of a state that comes when its lease is lost: nobody looks for what comes so late. */
  private partWritten({ pk, sk }: Item): void {
    const fence = fenceOfPiece(String(sk).slice(PIECE_SORT_KEY.length)) ?? Number.POSITIVE_INFINITY;
    const head = this.world.cloud.dynamodb.item(TABLES.state, { pk: String(pk), sk: HEAD_SORT_KEY });
    if (fence < Number(head?.fence)) this.late.add(`${pk} ${sk}`);
  }

  private committed(
    key: string,
    before: AppliedWrite["before"],
    after: NonNullable<AppliedWrite["after"]>,
    version: number,
    fence: number,
  ): void {
    const { history } = this.world;
    const account = this.account(key);
    const was = this.stateOf(key, before?.state);
    const is = this.stateOf(key, after.state);
    account.versions.set(version, { last: is.last ?? "", balance: is.balance ?? 0 });
    const { lines = [] } = is;
    const expected = history.attempts.get(is.last ?? "")?.lines ?? "";
    if (lines.join("\n") !== expected)
      history.violated("state", `${key} was not stored as ${is.last} left it`);
    if (after.state !== undefined && (is.births !== 1 || is.era !== after.schema)) {
      history.violated(
        "life",
        `${key} was created ${is.births} times; version ${after.schema}, by its fields ${is.era}`,
      );
    }
    const added = this.addedTo(String(after.inbox ?? ""), version);
    const attempts = this.chain(key, was.last ?? "", is.last ?? "", added, account, fence);
    for (const attempt of attempts) {
      if (attempt.committed !== undefined) {
        history.violated("once", `${attempt.nonce} (${attempt.op}) was committed twice to ${key}`);
      }
      attempt.committed = { place: account.attempts.length, version };
      account.attempts.push(attempt);
    }
    for (const op of parkedIn(String(after.outbox ?? ""))) this.parked.add(op);
  }

  private stateOf(key: string, stored: unknown): StateText {
    const text = this.world.corruption.unchanged(key, stored);
    if (typeof text !== "string") return {};
    try {
      return JSON.parse(isManifest(text) ? this.joined(key, text) : text) as StateText;
    } catch {
      this.world.history.violated("state", `${key} has a state that is none`);
      return {};
    }
  }

  /** A large state is whole whenever a head names its pieces. */
  private joined(key: string, manifest: string): string {
    const pieces = parseManifest(manifest).map((name) => {
      const sk = PIECE_SORT_KEY + name;
      return this.world.cloud.dynamodb.item(TABLES.state, { pk: key, sk })?.body;
    });
    if (pieces.every((piece) => typeof piece === "string")) return pieces.join("");
    this.world.history.violated("state", `${key} has a head that names pieces which are not there`);
    return "{}";
  }

  /** Attempts that destroyed the actor, by the results in the inbox. */
  private addedTo(inbox: string, version: number): readonly Attempt[] {
    const { attempts } = this.world.history;
    return inbox.split("\n").flatMap((line) => {
      const [, lineVersion, nonce] = /^\S+ (\d+)\S* .*"nonce":"(n\d+)"/.exec(line) ?? [];
      const attempt = Number(lineVersion) === version ? attempts.get(String(nonce)) : undefined;
      if (attempt?.destroys && !attempt.isEnded) {
        this.world.history.violated(
          "hooks",
          `${attempt.nonce} destroyed ${attempt.actor} without a word to it`,
        );
      }
      return attempt?.destroys ? [attempt] : [];
    });
  }

  /** The attempts between two states, back through what each ran on; across destructions, which begin a new chain. */
  private chain(
    key: string,
    from: string,
    to: string,
    destroying: readonly Attempt[],
    account: Account,
    fence: number,
  ): readonly Attempt[] {
    const { history } = this.world;
    const ends = [
      ...destroying.map(({ nonce }) => nonce),
      ...(to === "" && destroying.length > 0 ? [] : [to]),
    ];
    const found: Attempt[] = [];
    let start = from;
    for (const end of ends) {
      const link: Attempt[] = [];
      for (let nonce = end; nonce !== start; ) {
        const attempt = history.attempts.get(nonce);
        if (attempt === undefined) {
          history.violated("versions", `${key}: ${end} does not follow from ${start || "nothing"}`);
          break;
        }
        link.unshift(attempt);
        nonce = attempt.previous;
      }
      found.push(...link);
      start = "";
    }
    if (destroying.length > 0) account.destroyedAt.push(fence);
    return found;
  }
}

/** The programs of reminders in an outbox that were given up. */
function parkedIn(outbox: string): readonly string[] {
  if (!outbox.includes('"letter"')) return [];
  const effects = JSON.parse(outbox) as readonly { kind: string; message?: { args?: readonly unknown[] } }[];
  return effects.flatMap(({ kind, message }) => {
    const op = opIn(message);
    return kind === "letter" && op !== undefined ? [op] : [];
  });
}
