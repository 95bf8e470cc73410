/**
 * One schedule, from its seed to its result: sessions work while faults strike; then the last fault is over, whatever made
 * programs fail is mended, dead letters are sent back, and everything has to drain; then the checkers look at it all.
 */
import { checkAnswers, checkRealTime, checkRefusals } from "./checks/calls";
import { Committed } from "./checks/committed";
import { leftOver } from "./checks/drained";
import { checkEffects, checkOrder, checkTracked } from "./checks/effects";
import { checkReminders } from "./checks/reminders";
import type { FaultKind } from "./faults/catalogue";
import { scheduleMoments } from "./faults/moments";
import type { Violation } from "./workload/history";
import { planCrowd, planSessions, planStraggler, type SessionPlan, STRAGGLER } from "./workload/plan";
import { Session } from "./workload/session";
import { World } from "./world";

export interface ScheduleOptions {
  readonly seed: number;
  /** Names of the faults that may strike, and of the errands that are done. Default: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly keepsTrace?: boolean;
  /** What is to be done, without any faults but the crash. Default: made by chance, with faults. */
  readonly plans?: readonly SessionPlan[];
  /** Functions that are frozen between events, or servers. Default: by chance. */
  readonly isLambda?: boolean;
  /** At which of the points at which somebody could die somebody does, from 1. Default: at none. */
  readonly crashAt?: number;
}

export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** The same for the same seed. */
  readonly hash: string;
  readonly trace: readonly string[];
  readonly hits: ReadonlyMap<FaultKind, number>;
  /** Names of the faults that struck, and of the errands that were done. */
  readonly struck: readonly string[];
  readonly errands: readonly string[];
  readonly turns: number;
  readonly committed: number;
  /** Requests that changed something and were applied. */
  readonly writes: number;
  /** Points at which somebody could die. */
  readonly crashPoints: number;
}

/** After the last fault everything is done within this: an `onDestroy` that failed comes again after an hour. */
const DRAIN_MS = 5_400_000;
const LOOK_EVERY_MS = 5_000;
/** A message that is queued again after this is no longer known to its queue. */
const BLACKOUT_MS = 420_000;
/** The workload itself is over after this, whatever happens. */
const WORK_MS = 1_200_000;

export async function runSchedule({
  seed,
  only,
  keepsTrace = false,
  plans,
  isLambda,
  crashAt = Number.POSITIVE_INFINITY,
}: ScheduleOptions): Promise<ScheduleResult> {
  const world = new World({ seed, isLeftOut: (name) => only?.has(name) === false, keepsTrace, isLambda });
  world.crashAt = crashAt;
  const { stackTraceLimit } = Error;
  // There are thousands of errors, and nobody reads the stacks of those that are expected.
  Error.stackTraceLimit = keepsTrace ? stackTraceLimit : 0;
  const rejected = (reason: unknown) => world.history.defect("nobody handles a rejection", reason);
  process.on("unhandledRejection", rejected);
  try {
    if (plans !== undefined) world.faults.areOver = true;
    const errands = await live(
      world,
      plans === undefined ? sessionsByChance(world) : sessionsFor(world, plans),
    );
    // Only now does Node tell of rejections that nobody handles.
    await new Promise((resolve) => setImmediate(resolve));
    check(world);
    return resultOf(seed, world, errands);
  } finally {
    process.off("unhandledRejection", rejected);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns the names of the errands that there were. */
async function live(world: World, sessions: readonly Session[]): Promise<readonly string[]> {
  const operator = new Session(world, { name: "operator", isDirect: true, errands: [] }, 0, false);
  world.destroy = (actor) => operator.destroy(actor);
  for (const session of sessions) session.start();

  const { timeline, history } = world;
  const areOver = () => sessions.every((session) => session.isOver);
  const startMs = timeline.nowMs;
  const isWorkDone = () => areOver() && timeline.nowMs > Math.max(world.sweptAgainMs, startMs);
  await timeline.run(() => isWorkDone() || timeline.nowMs > startMs + WORK_MS);
  if (!areOver()) history.violated("drained", "a session does not come to its end");
  calm(world, operator);
  const calmMs = timeline.nowMs;
  let lookMs = calmMs;
  await timeline.run(() => {
    if (timeline.nowMs < lookMs) return false;
    lookMs = timeline.nowMs + LOOK_EVERY_MS;
    return leftOver(world).length === 0 || timeline.nowMs > calmMs + DRAIN_MS;
  });
  for (const left of leftOver(world)) history.violated("drained", left);
  for (const session of sessions) session.askForResults();
  await timeline.run(() => areOver() || timeline.nowMs > calmMs + 2 * DRAIN_MS);
  return sessions.flatMap(({ plan }) => plan.errands.map(({ name }) => name));
}

/** Some sessions of their own kind, with faults that strike at moments. */
function sessionsByChance(world: World): readonly Session[] {
  const chance = world.chance.for("sessions");
  const plans = planSessions(world.chance.for("plan"));
  const sessions = plans.map(
    (plan) => new Session(world, plan, chance.isTrue(0.5) ? chance.between(-30_000, 30_000) : 0),
  );
  if (chance.isTrue(0.3)) world.deployAt(chance.between(1_000, 20_000));
  if (chance.isTrue(0.22)) {
    world.straggler = `Account/${STRAGGLER}`;
    world.sweptAgainMs = world.wakesLostUntilMs = world.timeline.nowMs + BLACKOUT_MS;
    sessions.push(...sessionsFor(world, planStraggler(chance.for("straggler"))));
  }
  const crowd = world.chance.for("crowd");
  if (crowd.isTrue(0.2)) sessions.push(...sessionsFor(world, planCrowd(crowd)));
  scheduleMoments(world);
  return sessions;
}

function sessionsFor(world: World, plans: readonly SessionPlan[]): Session[] {
  return plans.map((plan) => new Session(world, plan, 0));
}

function check(world: World): void {
  const committed = new Committed(world);
  committed.checkOnce();
  committed.checkModel();
  checkAnswers(world, committed);
  checkRefusals(world);
  checkRealTime(world);
  checkEffects(world, committed);
  checkTracked(world, committed);
  checkOrder(world, committed);
  checkReminders(world);
  world.visitors.check();
}

function resultOf(seed: number, world: World, errands: readonly string[]): ScheduleResult {
  const { history, trace, faults, ledger, writes, crashPoints } = world;
  return {
    seed,
    violations: history.violations,
    hash: trace.hash,
    trace: trace.lines,
    hits: faults.hits,
    struck: faults.struck,
    errands,
    turns: history.attempts.size,
    committed: [...ledger.accounts.values()].reduce((sum, { attempts }) => sum + attempts.length, 0),
    writes,
    crashPoints,
  };
}

/** The last fault is over. */
function calm(world: World, operator: Session): void {
  const { faults, history, outages, corruption, lambda, timeline } = world;
  world.isCalm = true;
  faults.areOver = true;
  outages.clear();
  world.sweptAgainMs = 0;
  world.wakesLostUntilMs = 0;
  corruption.repairAll();
  history.isMended = true;
  const again = () => {
    lambda.repeatFailed();
    operator.enter(() => void operator.redrive());
    timeline.after(30_000, again);
  };
  again();
}
