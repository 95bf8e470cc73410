/** Faults that strike at moments: processes that are paused, killed or stopped, services that are down, bytes that are changed. */
import { HEAD_SORT_KEY } from "../../../lib/aws/dynamo-item";
import type { Chance } from "../chance";
import { TABLES } from "../cloud/names";
import type { FunctionProcess } from "../hosts/function-process";
import type { ServiceName } from "../hosts/sdk-client";
import type { World } from "../world";
import { type FaultKind, KINDS } from "./catalogue";

/** Faults strike at moments within this time from the start; in some schedules until actors expire. */
const WITHIN_MS = 40_000;
const UNTIL_EXPIRED_MS = 160_000;
/** A fault that finds nobody to strike looks again so often. */
const LOOK_AGAIN_MS = 40;
const LOOKS = 200;

type Strike = (world: World, chance: Chance, strike: () => boolean) => boolean;

/** Each is asked until it has struck; true means that it has, or that it is left out. */
const STRIKES: Partial<Record<FaultKind, Strike>> = {
  pause: (world, chance, strike) => {
    const process = atWork(world, chance);
    if (process === undefined) return false;
    if (!strike()) return true;
    process.pauseFor(chance.between(16_000, 28_000));
    const [actor] = actorsOf(world, process);
    if (actor !== undefined && chance.isTrue(0.6)) world.timeline.after(15_500, () => world.destroy(actor));
    return true;
  },
  kill: (world, chance, strike) => {
    const process = atWork(world, chance);
    if (process === undefined) return false;
    if (strike()) process.kill();
    return true;
  },
  sigterm: (world, chance, strike) => {
    const process = atWork(world, chance);
    if (process === undefined) return false;
    if (strike()) process.stop();
    return true;
  },
  outage: (world, chance, strike) => {
    if (strike()) putOut(world, chance.pick(["dynamodb", "sqs", "sqs"]), chance.between(500, 12_000));
    return true;
  },
  "bus-down": (world, chance, strike) => {
    if (strike()) putOut(world, "events", chance.between(5_000, 60_000));
    return true;
  },
  "sweep-skipped": (world, _chance, strike) => {
    if (strike()) world.sweptAgainMs = Math.max(world.sweptAgainMs, world.timeline.nowMs + 180_000);
    return true;
  },
  corrupt: (world, chance, strike) => {
    const heads = [...world.cloud.dynamodb.items(TABLES.state)].filter(
      (item) =>
        item.sk === HEAD_SORT_KEY &&
        item.state !== undefined &&
        // A holder has read everything already.
        item.leaseId === undefined &&
        !world.corruption.has(String(item.pk)),
    );
    if (heads.length === 0) return false;
    if (!strike()) return true;
    const attribute = chance.pick(["outbox", "reminders", "failing", "state", "state", "inbox"]);
    const bytes = `{"corrupt":${chance.between(1, 9)}`;
    world.corruption.strike(String(chance.pick(heads).pk), attribute, bytes, chance.between(1_000, 20_000));
    return true;
  },
};

export function scheduleMoments(world: World): void {
  const withinMs = world.chance.for("moments").isTrue(0.3) ? UNTIL_EXPIRED_MS : WITHIN_MS;
  for (const kind of KINDS) {
    const act = STRIKES[kind];
    if (act === undefined) continue;
    for (const { name, share, chance } of world.faults.momentsOf(kind)) {
      let looks = 0;
      const look = () => {
        if (world.faults.areOver || act(world, chance, () => world.faults.strike(name, kind))) return;
        if (++looks < LOOKS) world.timeline.after(LOOK_AGAIN_MS, look);
      };
      world.timeline.after(share * withinMs, look);
    }
  }
}

function atWork(world: World, chance: Chance): FunctionProcess | undefined {
  const busy = world.lambda.alive.filter(
    (process) =>
      process.isBusy &&
      !process.isPaused &&
      (actorsOf(world, process).length > 0 || world.visitors.isAtWork(process)),
  );
  return busy.length === 0 ? undefined : chance.pick(busy);
}

/** The actors of which a process has a turn that began lately and is not committed. */
function actorsOf(world: World, process: FunctionProcess): readonly string[] {
  const { nowMs } = world.timeline;
  return world.history
    .latest()
    .filter(
      (attempt) =>
        attempt.process === process && attempt.committed === undefined && nowMs - attempt.startedMs < 10,
    )
    .map(({ actor }) => actor);
}

function putOut(world: World, service: ServiceName, ms: number): void {
  world.outages.add(service);
  world.timeline.after(ms, () => world.outages.delete(service));
}
