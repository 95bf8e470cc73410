/**
 * Watches actors that expire: each is there until nobody has used it for so long, and then gone; and whatever it was used for it
 * has told once, when it ended.
 */
import { HEAD_SORT_KEY } from "../../../lib/aws/dynamo-item";
import type { AppliedWrite } from "../cloud/dynamodb";
import { TABLES } from "../cloud/names";
import type { SimulatedProcess } from "../hosts/simulated-process";
import { EXPIRE_AFTER_MS, lifeOf, TALLY } from "../workload/visitor";
import type { World } from "../world";

/** The clocks of who used it and of who ends it are off by up to so much, each. */
const MAX_SKEW_MS = 30_000;
/** So long a commit may be on its way, or its process be paused: what it says of its use is as old then. */
const MAX_LATE_MS = 45_000;

interface Life {
  readonly visits: readonly string[];
  readonly usedMs: number;
}

export class Visitors {
  private readonly alive = new Map<string, Life>();
  private readonly ended: string[] = [];
  private readonly tallied: string[] = [];
  /** By visit: which it was in its life. */
  private readonly places = new Map<string, number>();
  private readonly answers = new Map<string, number>();
  /** When a turn of one last began there. */
  private readonly turnsMs = new Map<SimulatedProcess, number>();

  constructor(private readonly world: World) {}

  onWrite = ({ table, before, after, nowMs }: AppliedWrite): void => {
    const id = /^Visitor\/(.*)$/.exec(String(after?.pk))?.[1];
    if (table !== TABLES.state || id === undefined || after?.sk !== HEAD_SORT_KEY) return;
    if (before?.version === after.version) return;
    const [was, is] = [before?.state, after.state].map((state) =>
      visitsIn(this.world.corruption.unchanged(String(after.pk), state)),
    ) as [readonly string[], readonly string[]];
    // An actor can end and be created again by one commit.
    const isSame = after.state !== undefined && was.every((visit, index) => visit === is[index]);
    if (before?.state !== undefined && !isSame) this.end(id, nowMs);
    if (after.state === undefined) return;
    const added = is.slice(isSame ? was.length : 0);
    for (const visit of added) this.come(id, visit, is.indexOf(visit) + 1);
    const usedMs = added.length > 0 ? usedBy(after, nowMs) : (this.alive.get(id)?.usedMs ?? nowMs);
    this.alive.set(id, { visits: is, usedMs });
  };

  /** A turn of one begins. */
  begins(process: SimulatedProcess): void {
    this.turnsMs.set(process, this.world.timeline.nowMs);
  }

  /** True when a turn of one began lately in this process. */
  isAtWork(process: SimulatedProcess): boolean {
    const { nowMs } = this.world.timeline;
    return nowMs - (this.turnsMs.get(process) ?? Number.NEGATIVE_INFINITY) < 10;
  }

  /** A client was told that its visit was so many-th. */
  told(visit: string, count: number): void {
    this.answers.set(visit, count);
  }

  check(): void {
    const { history } = this.world;
    for (const [visit, count] of this.answers) {
      const place = this.places.get(visit);
      if (place !== count) history.violated("visitors", `${visit} was told ${count}, and is ${place}`);
    }
    for (const id of this.alive.keys()) history.violated("visitors", `${id} never expires`);
    const [ended, tallied] = [this.ended, this.tallied].map((lives) => [...lives].sort().join(", "));
    if (ended !== tallied) history.violated("visitors", `ended: ${ended}; told: ${tallied}`);
  }

  private come(id: string, visit: string, place: number): void {
    if (id === TALLY) this.tallied.push(visit);
    else if (this.places.has(visit)) this.world.history.violated("visitors", `${visit} came twice`);
    this.places.set(visit, place);
  }

  private end(id: string, nowMs: number): void {
    const life = this.alive.get(id);
    this.alive.delete(id);
    if (life === undefined) return;
    const idleMs = nowMs - life.usedMs;
    if (idleMs < EXPIRE_AFTER_MS - 2 * MAX_SKEW_MS) {
      this.world.history.violated("visitors", `${id} ended ${idleMs} ms after it was used`);
    }
    if (id !== TALLY) this.ended.push(lifeOf(id, life.visits));
  }
}

/**
 * When the turn ran of which the commit arrives now: by what it says itself, since that may be late; but for what no delay explains.
 */
function usedBy({ usedAt }: Readonly<Record<string, unknown>>, nowMs: number): number {
  const saidMs = Number(usedAt) + MAX_SKEW_MS;
  return saidMs < nowMs && saidMs > nowMs - MAX_LATE_MS ? saidMs : nowMs;
}

function visitsIn(state: unknown): readonly string[] {
  return typeof state === "string" ? (JSON.parse(state) as { visits: readonly string[] }).visits : [];
}
