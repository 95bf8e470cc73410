/**
 * Attributes of heads whose stored bytes somebody has changed, for a while. Who has got them with the lease may not touch them until
 * they are as they were. A process that has the actor in memory, and commits without a lease, cannot know of them: it writes what
 * is right.
 */
import { HEAD_SORT_KEY } from "../../../lib/aws/dynamo-item";
import type { Item } from "../cloud/dynamo-values";
import type { AppliedWrite } from "../cloud/dynamodb";
import { TABLES } from "../cloud/names";
import type { ServiceRequest } from "../cloud/service";
import type { World } from "../world";

/** Read by each activation that takes the lease first, also by one that has the rest of the actor in memory. */
const ALWAYS_READ: readonly string[] = ["outbox", "reminders", "failing"];

interface Corrupted {
  readonly attribute: string;
  readonly bytes: string;
  readonly was: Item[string] | undefined;
  /** Processes that have got the bytes with a lease. */
  readonly holders: Set<object>;
}

export class Corruption {
  private readonly byKey = new Map<string, Corrupted>();

  constructor(private readonly world: World) {}

  has(pk: string): boolean {
    return this.byKey.has(pk);
  }

  /** Changes one attribute of a head, for so long. */
  strike(pk: string, attribute: string, bytes: string, forMs: number): void {
    this.world.cloud.dynamodb.poke(TABLES.state, { pk, sk: HEAD_SORT_KEY }, (item) => {
      this.byKey.set(pk, { attribute, bytes, was: item[attribute], holders: new Set() });
      return { ...item, [attribute]: bytes };
    });
    this.world.timeline.after(forMs, () => this.repair(pk));
  }

  repairAll(): void {
    for (const pk of [...this.byKey.keys()]) this.repair(pk);
  }

  /** What an attribute of a head was, where somebody has changed its bytes; else what it is. */
  unchanged(pk: string, stored: unknown): unknown {
    const { bytes, was } = this.byKey.get(pk) ?? {};
    return stored === bytes ? was : stored;
  }

  /** True for a request of somebody who has got what is changed of the actor that the request is for. */
  isKnownTo(process: object, { input }: ServiceRequest): boolean {
    return this.of(input)?.holders.has(process) === true;
  }

  /** Somebody gets an answer. An acquisition of an actor as it was seen before brings nothing that is looked at. */
  noteAnswer(process: object, { input }: ServiceRequest, output: object): void {
    const corrupted = this.of(input);
    if (corrupted === undefined || String(input.ConditionExpression).includes("#version")) return;
    const { Attributes: taken } = output as { readonly Attributes?: Item };
    if (taken?.[corrupted.attribute] === corrupted.bytes) corrupted.holders.add(process);
  }

  onWrite({ before, after }: AppliedWrite): void {
    const corrupted = this.byKey.get(String(after?.pk));
    if (!this.world.writer?.isInformed || corrupted === undefined || after?.sk !== HEAD_SORT_KEY) return;
    const { attribute, bytes } = corrupted;
    if (!ALWAYS_READ.includes(attribute) || before?.[attribute] !== bytes || after[attribute] === bytes)
      return;
    const what = `${attribute} of ${after.pk} was overwritten although it could not be read`;
    this.world.history.violated("corrupt", what);
  }

  private of(input: ServiceRequest["input"]): Corrupted | undefined {
    const { pk, sk } = (input.Key ?? {}) as { readonly pk?: string; readonly sk?: string };
    return pk === undefined || sk !== HEAD_SORT_KEY ? undefined : this.byKey.get(pk);
  }

  private repair(pk: string): void {
    const corrupted = this.byKey.get(pk);
    if (corrupted === undefined) return;
    this.byKey.delete(pk);
    const { attribute, bytes, was } = corrupted;
    this.world.cloud.dynamodb.poke(TABLES.state, { pk, sk: HEAD_SORT_KEY }, (item) => {
      const { [attribute]: is, ...rest } = item;
      if (is !== bytes) return item;
      return was === undefined ? rest : { ...rest, [attribute]: was };
    });
  }
}
