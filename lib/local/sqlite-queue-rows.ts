/**
 * The tables behind `SqliteQueue`, and what SQS's rules mean in them. Everything here is synchronous, and what writes
 * must run in a transaction.
 *
 * A group has a row of its own for as long as it has messages. The row's `ready_ms` is the moment from which the group
 * may be handed out: a delivery moves it into the future, so a group in flight is passed over by the index alone, and
 * becomes ready by itself when a consumer has died. Only the first messages of a group are ever looked at, so a backlog
 * costs nothing. On a standard queue each message is a group by itself, and a delay is a `ready_ms` in the future.
 */
import type { StatementSync } from "node:sqlite";
import type { QueueDepth, ReceivedMessage } from "../messages/queue";
import type { LocalDatabase } from "./database";

/** SQS hands out no more than this at once. */
export const MAX_RECEIVED = 10;
/** How long SQS remembers a deduplication id. */
const DEDUPLICATION_MS = 300_000;

// Small columns stand before the body, so that SQLite need not read through a large body to get at them.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queue_message (
    seq INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    group_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL,
    receive_count INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS queue_message_order ON queue_message (queue, group_id, seq);
  CREATE TABLE IF NOT EXISTS queue_group (
    queue TEXT NOT NULL,
    group_id TEXT NOT NULL,
    ready_ms INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    PRIMARY KEY (queue, group_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS queue_group_order ON queue_group (queue, ready_ms, turns);
  CREATE TABLE IF NOT EXISTS queue_deduplication (
    queue TEXT NOT NULL,
    group_id TEXT NOT NULL,
    id TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (queue, group_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS queue_deduplication_end ON queue_deduplication (until_ms);
`;

const OF_GROUP = "queue = $queue AND group_id = $groupId";
const OF_DELIVERY = "seq = $seq AND queue = $queue AND receive_count = $count AND message_id = $messageId";

const STATEMENTS = {
  remember: `
    INSERT INTO queue_deduplication (queue, group_id, id, until_ms) VALUES ($queue, $groupId, $id, $untilMs)
    ON CONFLICT DO UPDATE SET until_ms = $untilMs WHERE until_ms <= $nowMs`,
  // In passing: more than one send adds, so that none stays for long.
  forget: `
    DELETE FROM queue_deduplication WHERE (queue, group_id, id) IN
      (SELECT queue, group_id, id FROM queue_deduplication WHERE until_ms <= $nowMs ORDER BY until_ms LIMIT 3)`,
  add: `
    INSERT INTO queue_message (queue, group_id, message_id, sent_ms, visible_ms, receive_count, attributes, body)
    VALUES ($queue, $groupId, $messageId, $sentMs, $visibleMs, 0, $attributes, $body)`,
  addGroup: `
    INSERT INTO queue_group (queue, group_id, ready_ms, turns) VALUES ($queue, $groupId, $readyMs, 0)
    ON CONFLICT DO NOTHING`,
  nextReady: "SELECT min(ready_ms) AS readyMs FROM queue_group WHERE queue = $queue",
  // By turns among those that are ready since the same millisecond, so that none comes first every time.
  readyGroups: `
    SELECT group_id AS groupId FROM queue_group WHERE queue = $queue AND ready_ms <= $nowMs
    ORDER BY ready_ms, turns LIMIT $limit`,
  front: `
    SELECT seq, message_id AS messageId, sent_ms AS sentMs, receive_count AS receiveCount, attributes, body
    FROM queue_message WHERE ${OF_GROUP} ORDER BY seq LIMIT $limit`,
  deliver:
    "UPDATE queue_message SET visible_ms = $visibleMs, receive_count = receive_count + 1 WHERE seq = $seq",
  drop: "DELETE FROM queue_message WHERE seq = $seq",
  remove: `DELETE FROM queue_message WHERE ${OF_DELIVERY} RETURNING group_id AS groupId`,
  hide: `UPDATE queue_message SET visible_ms = $visibleMs WHERE ${OF_DELIVERY} RETURNING group_id AS groupId`,
  // Deliveries are made from the front, so whatever is in flight is among as many as one delivery takes.
  hiddenUntil: `
    SELECT max(visible_ms) AS visibleMs FROM
      (SELECT visible_ms FROM queue_message WHERE ${OF_GROUP} ORDER BY seq LIMIT ${MAX_RECEIVED})`,
  depth: `
    SELECT
      count(*) FILTER (WHERE visible_ms <= $nowMs) AS ready,
      count(*) FILTER (WHERE visible_ms > $nowMs AND receive_count > 0) AS inFlight,
      count(*) FILTER (WHERE visible_ms > $nowMs AND receive_count = 0) AS delayed
    FROM queue_message WHERE queue = $queue`,
  setReady: `UPDATE queue_group SET ready_ms = $readyMs, turns = turns + 1 WHERE ${OF_GROUP}`,
  dropGroup: `DELETE FROM queue_group WHERE ${OF_GROUP}`,
};

export interface QueueRow {
  readonly groupId: string;
  readonly messageId: string;
  readonly body: string;
  /** JSON text. */
  readonly attributes: string;
}

/** A message at the front of its group. */
interface FrontRow extends Omit<QueueRow, "groupId"> {
  readonly seq: number;
  readonly sentMs: number;
  readonly receiveCount: number;
}

/** Which delivery a receipt stands for. */
type DeliveryKey = { queue: string; seq: number; count: number; messageId: string };

export interface Delivery {
  readonly max: number;
  readonly nowMs: number;
  /** Until when what is delivered stays hidden. */
  readonly untilMs: number;
}

/** Where a message goes that was received too often. */
export interface RedriveRows {
  readonly to: QueueRows;
  readonly maxReceives: number;
}

export interface Taken {
  readonly messages: ReceivedMessage[];
  /** True when some went to the dead letters instead. */
  readonly redriven: boolean;
}

export class QueueRows {
  private readonly statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

  /** @throws StoreUnavailable when the tables cannot be made */
  constructor(
    database: LocalDatabase,
    private readonly queue: string,
    private readonly fifo: boolean,
    private readonly redrive?: RedriveRows,
  ) {
    database.define(SCHEMA);
    this.statements = Object.fromEntries(
      Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<keyof typeof STATEMENTS, StatementSync>;
  }

  /** False when the id was remembered before: the message is a duplicate. */
  remember(groupId: string, id: string, nowMs: number): boolean {
    this.statements.forget.run({ nowMs });
    const untilMs = nowMs + DEDUPLICATION_MS;
    return this.statements.remember.run({ queue: this.queue, groupId, id, nowMs, untilMs }).changes === 1;
  }

  /** Returns the message's place in the queue. */
  add({ groupId, messageId, attributes, body }: QueueRow, sentMs: number, visibleMs: number): string {
    const { queue } = this;
    const values = { queue, groupId, messageId, sentMs, visibleMs, attributes, body };
    const { lastInsertRowid } = this.statements.add.run(values);
    this.statements.addGroup.run({ queue, groupId, readyMs: visibleMs });
    return String(lastInsertRowid);
  }

  /** The moment from which there is something to take; infinity when the queue is empty. Only reads. */
  nextReadyMs(): number {
    const { readyMs } = this.statements.nextReady.get({ queue: this.queue }) as { readyMs: number | null };
    return readyMs ?? Number.POSITIVE_INFINITY;
  }

  /** Only reads. */
  depth(nowMs: number): QueueDepth {
    return { ...(this.statements.depth.get({ queue: this.queue, nowMs }) as unknown as QueueDepth) };
  }

  /** Hands out messages: of the group that has been ready for longest as many as it has, then of the next. */
  take(delivery: Delivery): Taken {
    const { queue } = this;
    const messages: ReceivedMessage[] = [];
    let redriven = false;
    const groups = this.statements.readyGroups.all({ queue, nowMs: delivery.nowMs, limit: delivery.max });
    for (const { groupId } of groups as { groupId: string }[]) {
      const limit = delivery.max - messages.length;
      if (limit === 0) break;
      const front = this.statements.front.all({ queue, groupId, limit }) as unknown as FrontRow[];
      const { kept, worn } = this.sort(front);
      for (const row of worn) this.bury(row, groupId, delivery.nowMs);
      for (const row of kept) messages.push(this.deliver(row, groupId, delivery.untilMs));
      if (kept.length > 0) this.statements.setReady.run({ queue, groupId, readyMs: delivery.untilMs });
      else this.refresh(groupId, delivery.nowMs);
      redriven ||= worn.length > 0;
    }
    return { messages, redriven };
  }

  /** Takes off the queue what these receipts still stand for. */
  remove(receipts: readonly string[], nowMs: number): void {
    this.change(receipts, nowMs, (delivery) => this.statements.remove.get(delivery));
  }

  hide(receipts: readonly string[], nowMs: number, visibleMs: number): void {
    this.change(receipts, nowMs, (delivery) => this.statements.hide.get({ ...delivery, visibleMs }));
  }

  private change(
    receipts: readonly string[],
    nowMs: number,
    apply: (delivery: DeliveryKey) => unknown,
  ): void {
    const groups = new Set<string>();
    for (const receipt of receipts) {
      const delivery = this.parseReceipt(receipt);
      const changed = delivery && (apply(delivery) as { groupId: string } | undefined);
      if (changed) groups.add(changed.groupId);
    }
    for (const groupId of groups) this.refresh(groupId, nowMs);
  }

  private sort(front: readonly FrontRow[]): { kept: readonly FrontRow[]; worn: readonly FrontRow[] } {
    const { maxReceives = Number.POSITIVE_INFINITY } = this.redrive ?? {};
    const isWorn = ({ receiveCount }: FrontRow) => receiveCount >= maxReceives;
    if (!front.some(isWorn)) return { kept: front, worn: [] };
    return { kept: front.filter((row) => !isWorn(row)), worn: front.filter(isWorn) };
  }

  private bury(row: FrontRow, groupId: string, nowMs: number): void {
    this.redrive?.to.add({ ...row, groupId }, nowMs, nowMs);
    this.statements.drop.run({ seq: row.seq });
  }

  private deliver(row: FrontRow, groupId: string, visibleMs: number): ReceivedMessage {
    const { seq, messageId, body, sentMs, attributes } = row;
    const receiveCount = row.receiveCount + 1;
    this.statements.deliver.run({ seq, visibleMs });
    return {
      messageId,
      receipt: `${seq}.${receiveCount}.${messageId}`,
      body,
      ...(this.fifo ? { groupId, sequence: String(seq) } : {}),
      receiveCount,
      sentMs,
      attributes: JSON.parse(attributes) as Record<string, string>,
    };
  }

  /** Brings a group's row up to date with its messages. */
  private refresh(groupId: string, nowMs: number): void {
    const { queue } = this;
    const { visibleMs } = this.statements.hiddenUntil.get({ queue, groupId }) as { visibleMs: number | null };
    if (visibleMs === null) this.statements.dropGroup.run({ queue, groupId });
    // Not before now: a group that was served goes behind those that wait.
    else this.statements.setReady.run({ queue, groupId, readyMs: Math.max(visibleMs, nowMs) });
  }

  /** Undefined for what no queue has given out. */
  private parseReceipt(receipt: string): DeliveryKey | undefined {
    const [, seq, count, messageId] = /^(\d{1,15})\.(\d{1,15})\.(.+)$/s.exec(receipt) ?? [];
    if (messageId === undefined) return undefined;
    return { queue: this.queue, seq: Number(seq), count: Number(count), messageId };
  }
}
