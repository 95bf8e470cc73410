/** What committed turns cause happens, once; and nothing else happens. */
import { TABLES } from "../cloud/names";
import type { Attempt, AttemptEffect } from "../workload/history";
import type { World } from "../world";
import type { Committed } from "./committed";

export function checkEffects(world: World, committed: Committed): void {
  const { history, ledger } = world;
  for (const { attempts } of ledger.accounts.values()) {
    for (const attempt of attempts) {
      checkCause(world, attempt);
      for (const effect of attempt.effects) {
        if (!isCertain(effect) || committed.end(effect.op) !== undefined) continue;
        history.violated(
          "lost",
          `${effect.kind} ${effect.op} of ${attempt.nonce} in ${attempt.actor} had no effect`,
        );
      }
    }
  }
}

function isCertain(
  effect: AttemptEffect,
): effect is Extract<AttemptEffect, { kind: "send" | "start" | "event" | "call" }> {
  return (
    effect.kind === "send" || effect.kind === "start" || effect.kind === "event" || effect.kind === "call"
  );
}

/** What is done for another attempt is only done when that one was committed. */
function checkCause({ history }: World, { op, nonce }: Attempt): void {
  const [cause] = /^n\d+/.exec(op) ?? [];
  if (cause === undefined || history.attempts.get(cause)?.committed !== undefined) return;
  history.violated("leaked", `${nonce} did ${op}, but ${cause} was never committed`);
}

/** The outcome of a tracked call is that of its committed turn, whenever and wherever it is asked for. */
export function checkTracked(world: World, committed: Committed): void {
  const { history, cloud } = world;
  const rows = new Map(Array.from(cloud.dynamodb.items(TABLES.workflows), (item) => [String(item.pk), item]));
  const calls = [
    ...history.ops.filter(({ kind, outcome }) => kind === "start" && outcome.is === "done"),
    ...[...history.attempts.values()]
      .filter((attempt) => attempt.committed !== undefined)
      .flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === "start" ? [effect] : []))),
  ];
  for (const { op, callId, ...more } of calls) {
    const row = rows.get(String(callId));
    const end = committed.end(op);
    const stored =
      row?.result === undefined ? undefined : (JSON.parse(String(row.result)) as { nonce?: string } | string);
    const ending = typeof stored === "string" ? stored : stored?.nonce;
    const isEnded = committed.end(`${op}-end`) !== undefined;
    const expected = end?.isPending ? (isEnded ? op : undefined) : end?.nonce;
    // Who ended a call that was a dead letter came too late, or too early.
    const isOpen = end?.isPending && ending === undefined && history.dead.has(op);
    if (ending !== expected && !isOpen) {
      history.violated(
        "tracked",
        `${op} ended as ${String(ending)} (${String(row?.status)}); its turn says ${String(expected)}`,
      );
    }
    for (const result of "results" in more ? more.results : []) {
      if (result.startsWith("failed: ") || result === expected) continue;
      history.violated("tracked", `the result of ${op} was told as ${result}; it is ${String(expected)}`);
    }
  }
}

/** What one sender sends to one actor has its effects in that order. */
export function checkOrder(world: World, committed: Committed): void {
  const { history, ledger } = world;
  const lanes = new Map<string, string[]>();
  const add = (lane: string, op: string) => {
    if (history.dead.has(op) || history.overtakers.has(op)) return;
    lanes.set(lane, [...(lanes.get(lane) ?? []), op]);
  };
  for (const { op, session, to, isOrdered, outcome } of history.ops) {
    if (isOrdered && outcome.is === "done") add(`${session} to ${to}`, op);
  }
  for (const [key, { attempts }] of ledger.accounts) {
    for (const { effects } of attempts) {
      for (const effect of effects) {
        const isMessage = effect.kind === "send" || effect.kind === "start";
        if (isMessage && effect.isOrdered) add(`${key} to ${effect.to}`, effect.op);
      }
    }
  }
  for (const [lane, sent] of lanes) {
    let before: Attempt | undefined;
    for (const op of sent) {
      const end = committed.end(op);
      if (end?.committed === undefined) continue;
      if (before?.committed !== undefined && end.committed.place < before.committed.place) {
        history.violated("order", `${lane}: ${op} was done before ${before.op}, which was sent before it`);
        break;
      }
      before = end;
    }
  }
}
