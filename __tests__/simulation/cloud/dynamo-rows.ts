/**
 * The rows of one simulated table: its items by their keys, each with a few of its earlier versions for reads that may be
 * stale, and the indexes over them.
 */
import { DynamoIndex, type IndexDefinition } from "./dynamo-index";
import { type Attributes, compareValues, type Item, invalid, unsupported, type Value } from "./dynamo-values";

export interface TableDefinition {
  readonly name: string;
  /** The names of the partition key and, where there is one, of the sort key. */
  readonly keys: readonly string[];
  readonly indexes?: readonly IndexDefinition[];
}

export interface Row {
  readonly key: Item;
  item: Item;
  /** The oldest first; the newest is `item`. */
  readonly versions: Version[];
}

interface Version {
  readonly fromMs: number;
  readonly item: Item | undefined;
}

interface Partition {
  readonly rows: Map<Value, Row>;
  /** By sort key; made anew when one was added. */
  sorted: readonly Row[] | undefined;
}

const MAX_VERSIONS = 16;
/** Of the partition key and of the sort key. */
const MAX_KEY_BYTES = [2_048, 1_024];

export class DynamoRows {
  readonly indexes: ReadonlyMap<string, DynamoIndex>;
  private readonly partitions = new Map<Value, Partition>();
  /** Of the keys' attributes, as the first item had them. */
  private readonly types = new Map<string, string>();

  constructor(
    readonly definition: TableDefinition,
    lagMs: () => number,
  ) {
    const { keys, indexes = [] } = definition;
    this.indexes = new Map(indexes.map((index) => [index.name, new DynamoIndex(index, keys, lagMs)]));
  }

  get keys(): readonly string[] {
    return this.definition.keys;
  }

  /** @throws ValidationException when this is not a key of the table */
  find(key: Item): Row | undefined {
    const { keys } = this;
    for (let index = 0; index < keys.length; index++) {
      const [name, value] = [keys[index] as string, key[keys[index] as string]];
      if (value === undefined || !this.isTypeOf(name, value)) throw mismatch();
      checkKey(name, value, MAX_KEY_BYTES[index] as number);
    }
    if (Object.keys(key).length !== keys.length) throw mismatch();
    return this.rowAt(key);
  }

  /** @throws ValidationException when the item lacks a key, or has a value that the table or an index does not take */
  findFor(item: Item): Row | undefined {
    const { keys } = this;
    for (let index = 0; index < keys.length; index++) {
      const [name, value] = [keys[index] as string, item[keys[index] as string]];
      if (value === undefined) {
        throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`);
      }
      if (!this.isTypeOf(name, value)) {
        throw invalid(`One or more parameter values were invalid: Type mismatch for key ${name}`);
      }
      checkKey(name, value, MAX_KEY_BYTES[index] as number);
    }
    return this.rowAt(item);
  }

  /** @throws ValidationException when an index does not take what the item has as its keys */
  checkIndexKeys(item: Item): void {
    for (const { definition } of this.indexes.values()) {
      for (const name of definition.keys) {
        const value = item[name];
        if (value === undefined) continue;
        if (!this.isTypeOf(name, value)) {
          throw invalid(
            "One or more parameter values were invalid: Type mismatch for Index Key " +
              `${name} IndexName: ${definition.name}`,
          );
        }
        checkKey(name, value, MAX_KEY_BYTES[0] as number);
      }
    }
  }

  /** @param row of the item's key, if there is one */
  write(row: Row | undefined, item: Item, nowMs: number): Row {
    const written = row ?? this.add(item);
    written.item = item;
    const { versions } = written;
    if (versions.at(-1)?.fromMs === nowMs) versions.pop();
    else if (versions.length === MAX_VERSIONS) versions.shift();
    versions.push({ fromMs: nowMs, item });
    for (const index of this.indexes.values()) index.change(written, item, nowMs);
    return written;
  }

  /** Takes a row away that no index shows. */
  remove(row: Row): void {
    if (indexed(this.indexes.values(), row.item))
      throw unsupported("deleting what an index shows", this.definition.name);
    const [partitionName, sortName] = this.keys as [string, string?];
    const partition = this.partitions.get(row.key[partitionName] as Value) as Partition;
    partition.rows.delete(sortName === undefined ? "" : (row.key[sortName] as Value));
    partition.sorted = undefined;
  }

  /** Puts another item in the place of a row's, as if it had been there since the row's last change. */
  replace(row: Row, item: Item): void {
    const { fromMs } = row.versions.pop() as Version;
    row.versions.push({ fromMs, item });
    row.item = item;
    for (const index of this.indexes.values()) index.change(row, item, Number.NEGATIVE_INFINITY);
  }

  /** By sort key. */
  partition(value: Value): readonly Row[] {
    const partition = this.partitions.get(value);
    if (partition === undefined) return [];
    const sortName = this.keys[1];
    partition.sorted ??= [...partition.rows.values()].sort((a, b) =>
      sortName === undefined ? 0 : compareValues(a.key[sortName] as Value, b.key[sortName] as Value),
    );
    return partition.sorted;
  }

  *items(): Iterable<Item> {
    for (const { rows } of this.partitions.values()) {
      for (const { item } of rows.values()) yield item;
    }
  }

  private rowAt(fields: Item): Row | undefined {
    const [partitionName, sortName] = this.keys as [string, string?];
    const partition = this.partitions.get(fields[partitionName] as Value);
    return partition?.rows.get(sortName === undefined ? "" : (fields[sortName] as Value));
  }

  private add(item: Item): Row {
    for (const name of [
      ...this.keys,
      ...[...this.indexes.values()].flatMap(({ definition }) => definition.keys),
    ]) {
      if (item[name] !== undefined && !this.types.has(name)) this.types.set(name, typeof item[name]);
    }
    const [partitionName, sortName] = this.keys as [string, string?];
    const key: Attributes = {};
    for (const name of this.keys) key[name] = item[name] as Value;
    const value = item[partitionName] as Value;
    let partition = this.partitions.get(value);
    if (partition === undefined) {
      partition = { rows: new Map(), sorted: undefined };
      this.partitions.set(value, partition);
    }
    const before: Version = { fromMs: Number.NEGATIVE_INFINITY, item: undefined };
    const row: Row = { key, item, versions: [before] };
    partition.rows.set(sortName === undefined ? "" : (item[sortName] as Value), row);
    partition.sorted = undefined;
    return row;
  }

  private isTypeOf(name: string, value: Value): boolean {
    const type = this.types.get(name);
    return type === undefined ? typeof value !== "boolean" : typeof value === type;
  }
}

function indexed(indexes: Iterable<DynamoIndex>, item: Item): boolean {
  return [...indexes].some(({ definition }) => definition.keys.every((name) => item[name] !== undefined));
}

/** The item as it was then, or its oldest version that is still known. */
export function versionAt({ versions }: Row, atMs: number): Item | undefined {
  const then = versions.findLast(({ fromMs }) => fromMs <= atMs) ?? versions[0];
  return then?.item;
}

function checkKey(name: string, value: Value, maxBytes: number): void {
  if (typeof value !== "string") return;
  if (value === "") {
    throw invalid(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string " +
        `value. Key: ${name}`,
    );
  }
  if (value.length * 3 <= maxBytes || Buffer.byteLength(value) <= maxBytes) return;
  throw invalid(
    `One or more parameter values were invalid: Size of ${name} has exceeded the ${maxBytes} bytes`,
  );
}

function mismatch(): Error {
  return invalid("The provided key element does not match the schema");
}
