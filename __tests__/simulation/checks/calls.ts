/** What callers were told, against what was committed: each answer is true, and nobody sees an older state than somebody before. */
import type { Attempt, ClientOp } from "../workload/history";
import type { World } from "../world";
import type { Committed } from "./committed";

/** What is answered by the newest state that there is. */
const ORDERED: ReadonlySet<string> = new Set(["call", "strong look", "gaze"]);

/** An answer, and the place that it has in the actor's life. */
interface Placed {
  readonly op: ClientOp;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly version: number;
  /** Of a call that changed something. */
  readonly place: number | undefined;
}

export function checkAnswers(world: World, committed: Committed): void {
  const { history } = world;
  for (const op of history.ops) {
    const { outcome } = op;
    const end = committed.end(op.op);
    // A refusal is not kept for a key of the caller's own, nor for a request that nothing marks as a copy.
    const mayComeAgain = op.isKeyed || history.doubled.has(op.op);
    if (outcome.is === "refused" && end !== undefined && !mayComeAgain) {
      history.violated("answers", `${op.op} was refused (${outcome.code}) but done by ${end.nonce}`);
    }
    if (outcome.is !== "done") continue;
    if (outcome.sight !== undefined) checkSight(world, op);
    else if (end === undefined)
      history.violated("lost", `${op.op} (${op.kind}) was acknowledged but never done`);
    else if (end.actor !== op.to)
      history.violated("answers", `${op.op} was for ${op.to} but done in ${end.actor}`);
    else checkReceipt(world, op, end);
  }
}

function checkReceipt({ history }: World, { op, outcome }: ClientOp, end: Attempt): void {
  if (outcome.is !== "done" || outcome.receipt === undefined) return;
  const { nonce, balance, version } = outcome.receipt;
  if (nonce === end.nonce && balance === end.after && version + 1 === end.committed?.version) return;
  history.violated(
    "answers",
    `${op} was told ${nonce}, ${balance} on version ${version}; committed is ${end.nonce}, ${end.after} as version ${end.committed?.version}`,
  );
}

/** A look shows a version as it was committed. A turn that looks may also see what is committed together with it. */
function checkSight({ history, ledger }: World, { op, to, kind, outcome }: ClientOp): void {
  const sight = outcome.is === "done" ? outcome.sight : undefined;
  if (sight === undefined) return;
  const seen = history.attempts.get(sight.last);
  const isSeen = sight.last === "" ? sight.balance === 0 : seen?.committed && seen.after === sight.balance;
  if (kind === "gaze" && isSeen) return;
  const stored = ledger.account(`Account/${to}`).versions.get(sight.version);
  if (stored?.last === sight.last && stored.balance === sight.balance) return;
  history.violated(
    "answers",
    `${op} saw ${JSON.stringify(sight)}; version ${sight.version} is ${JSON.stringify(stored)}`,
  );
}

/** An answer that came before another call began has an earlier place. */
export function checkRealTime(world: World): void {
  const byActor = Map.groupBy(world.history.ops, ({ to }) => to);
  for (const ops of byActor.values()) {
    const placed = ops.flatMap((op) => placeOf(world, op)).sort((one, other) => one.beganMs - other.beganMs);
    for (const later of placed) {
      for (const earlier of placed) {
        if (earlier.endedMs >= later.beganMs) continue;
        const isBehind =
          earlier.place !== undefined && later.place !== undefined
            ? earlier.place < later.place
            : earlier.version <= later.version;
        if (isBehind) continue;
        const check = earlier.op.session === later.op.session ? "sessions" : "real time";
        world.history.violated(
          check,
          `${earlier.op.op} ended at version ${earlier.version} before ${later.op.op} began, which has ${later.version}`,
        );
        return;
      }
    }
  }
}

function placeOf(world: World, op: ClientOp): Placed[] {
  const { outcome, beganMs, endedMs } = op;
  if (endedMs === undefined || !ORDERED.has(op.kind)) return [];
  if (outcome.is === "done" && outcome.sight !== undefined) {
    const { last, version: ranOn } = outcome.sight;
    const seen = world.history.attempts.get(last)?.committed?.version ?? 0;
    const version = op.kind === "gaze" ? Math.max(seen, ranOn) : ranOn;
    return [{ op, beganMs, endedMs, version, place: undefined }];
  }
  if (outcome.is !== "done" || outcome.receipt === undefined) return [];
  const committed = world.history.attempts.get(outcome.receipt.nonce)?.committed;
  return committed === undefined ? [] : [{ op, beganMs, endedMs, ...committed }];
}

/** A refusal by the actor itself must be true of the state on which the attempt ran. */
export function checkRefusals({ history }: World): void {
  for (const { op, outcome } of history.ops) {
    if (outcome.is !== "refused" || outcome.nonce === undefined) continue;
    const attempt = history.attempts.get(outcome.nonce);
    const ranOn = attempt === undefined ? undefined : history.attempts.get(attempt.previous);
    const isTrue =
      attempt?.previous === ""
        ? attempt.before === 0
        : ranOn?.committed !== undefined && ranOn.after === attempt?.before;
    if (!isTrue)
      history.violated("answers", `${op} was refused by a state that was never committed (${outcome.nonce})`);
  }
}
