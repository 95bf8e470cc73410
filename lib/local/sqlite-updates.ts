/** Conditional writes to the rows of heads, each of the columns that change and of no others: indexes on the rest cost nothing. */
import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { Lease } from "../lease";
import type { LeaseRequest, Seen } from "../store";
import type { LocalDatabase } from "./database";
import type { Changes } from "./sqlite-head";

/** On what a write depends: a condition with `?` in the place of its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const HELD = "lease_id = ? AND fence = ?";
const HELD_AT = `${HELD} AND version = ?`;
export const FREE = "(lease_id IS NULL OR lease_until_ms <= ?)";
export const AS_SEEN = `version = ? AND fence = ? AND has_pieces = 0 AND ${FREE}`;

/** @param onVersion the version that it must still have, if it matters */
export function held({ id, fence }: Lease, onVersion?: number): Condition {
  return onVersion === undefined
    ? { sql: HELD, values: [id, fence] }
    : { sql: HELD_AT, values: [id, fence, onVersion] };
}

export function freeAsSeen({ version, fence }: Seen, { nowMs }: LeaseRequest): Condition {
  return { sql: AS_SEEN, values: [version, fence, nowMs] };
}

export class HeadUpdates {
  /** By what they change and on which condition: a few dozen at most. */
  private readonly statements = new Map<string, StatementSync>();

  /** @param database with the table of heads */
  constructor(private readonly database: LocalDatabase) {}

  /** Makes the changes, if there is such a row and the condition holds. Returns whether it did. */
  write(key: string, changes: Changes, { sql, values: conditional }: Condition): boolean {
    const columns: string[] = [];
    const values: SQLInputValue[] = [];
    for (const column of Object.keys(changes) as (keyof Changes)[]) {
      const value = changes[column];
      if (value === undefined) continue;
      columns.push(column);
      values.push(value);
    }
    values.push(key, ...conditional);
    return this.statement(columns, sql).run(...values).changes === 1;
  }

  private statement(columns: readonly string[], condition: string): StatementSync {
    const name = `${columns.join()} ${condition}`;
    const known = this.statements.get(name);
    if (known !== undefined) return known;
    const assignments = columns.map((column) => `${column} = ?`).join(", ");
    const made = this.database.prepare(`UPDATE head SET ${assignments} WHERE key = ? AND ${condition}`);
    this.statements.set(name, made);
    return made;
  }
}
