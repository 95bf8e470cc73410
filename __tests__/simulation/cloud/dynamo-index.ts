/**
 * A global secondary index of a simulated table: sparse, with keys only, and behind the table by some time. Changes of one
 * item reach it in their order; those of several items do not.
 */
import type { Row } from "./dynamo-rows";
import { type Attributes, compareValues, type Item, type Value } from "./dynamo-values";

export interface IndexDefinition {
  readonly name: string;
  /** The names of the partition key and of the sort key. */
  readonly keys: readonly [string, string];
}

/** How a row will stand in the index when all that is under way has arrived. */
interface Latest {
  entry: Item | undefined;
  arrivesMs: number;
}

interface Change {
  readonly row: Row;
  readonly entry: Item | undefined;
  readonly arrivesMs: number;
}

interface Partition {
  readonly entries: Map<Row, Item>;
  /** Made anew after each change. */
  sorted: readonly Item[] | undefined;
}

export class DynamoIndex {
  /** What decides the order within a partition. */
  readonly order: readonly string[];
  /** All that is projected. */
  readonly attributes: readonly string[];
  private readonly latest = new Map<Row, Latest>();
  /** By the time of arrival. */
  private readonly underWay: Change[] = [];
  private readonly visible = new Map<Row, Item>();
  private readonly partitions = new Map<Value, Partition>();

  constructor(
    readonly definition: IndexDefinition,
    tableKeys: readonly string[],
    private readonly lagMs: () => number,
  ) {
    const [partitionName, sortName] = definition.keys;
    this.order = [sortName, ...tableKeys];
    this.attributes = [partitionName, ...this.order];
  }

  change(row: Row, item: Item, nowMs: number): void {
    const [partitionName, sortName] = this.definition.keys;
    const isIn = item[partitionName] !== undefined && item[sortName] !== undefined;
    const entry = isIn ? this.entryOf(item) : undefined;
    const latest = this.latest.get(row);
    if (isSame(latest?.entry, entry, this.definition.keys)) return;
    const arrivesMs = Math.max(nowMs + this.lagMs(), latest?.arrivesMs ?? nowMs);
    this.latest.set(row, { entry, arrivesMs });
    const before = this.underWay.findLastIndex((change) => change.arrivesMs <= arrivesMs);
    this.underWay.splice(before + 1, 0, { row, entry, arrivesMs });
  }

  /** What has arrived of a partition, in its order. */
  partition(value: Value, nowMs: number): readonly Item[] {
    this.arrive(nowMs);
    const partition = this.partitions.get(value);
    if (partition === undefined) return [];
    partition.sorted ??= [...partition.entries.values()].sort((a, b) => compareBy(this.order, a, b));
    return partition.sorted;
  }

  private entryOf(item: Item): Item {
    const entry: Attributes = {};
    for (const name of this.attributes) entry[name] = item[name] as Value;
    return entry;
  }

  private arrive(nowMs: number): void {
    let count = 0;
    for (const change of this.underWay) {
      if (change.arrivesMs > nowMs) break;
      this.show(change);
      count++;
    }
    this.underWay.splice(0, count);
  }

  private show({ row, entry }: Change): void {
    const old = this.visible.get(row);
    if (old !== undefined) {
      const partition = this.partitionOf(old);
      partition.entries.delete(row);
      partition.sorted = undefined;
      this.visible.delete(row);
    }
    if (entry === undefined) return;
    const partition = this.partitionOf(entry);
    partition.entries.set(row, entry);
    partition.sorted = undefined;
    this.visible.set(row, entry);
  }

  private partitionOf(entry: Item): Partition {
    const value = entry[this.definition.keys[0]] as Value;
    let partition = this.partitions.get(value);
    if (partition === undefined) {
      partition = { entries: new Map(), sorted: undefined };
      this.partitions.set(value, partition);
    }
    return partition;
  }
}

function isSame(a: Item | undefined, b: Item | undefined, names: readonly string[]): boolean {
  return names.every((name) => a?.[name] === b?.[name]);
}

/** By the first of these attributes in which the two differ. */
export function compareBy(names: readonly string[], a: Item, b: Item): number {
  for (const name of names) {
    const sign = compareValues(a[name] as Value, b[name] as Value);
    if (sign !== 0) return sign;
  }
  return 0;
}
