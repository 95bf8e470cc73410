/**
 * Decides which faults strike in one schedule, and counts them. Each opportunity of a kind has a number, and whether it
 * strikes follows from the seed, the kind and the number alone: so each fault that struck has a name, such as `pause#1`, by
 * which it can be left out when the schedule is run again.
 */
import type { Chance } from "../chance";
import type { Trace } from "../trace";
import { type FaultKind, faultOf, KINDS, STEADY } from "./catalogue";

export class Faults {
  /** Which faults struck, in their order. */
  readonly struck: string[] = [];
  readonly hits = new Map<FaultKind, number>();
  /** After the last fault, nothing strikes any more. */
  areOver = false;
  private readonly opportunities = new Map<FaultKind, number>();
  private readonly hardness: ReadonlyMap<FaultKind, number>;

  /** @param isLeftOut names of faults that shall not strike */
  constructor(
    private readonly chance: Chance,
    private readonly trace: Trace,
    private readonly isLeftOut: (fault: string) => boolean,
  ) {
    // Schedules differ in what they are hard in: where each has a little of everything, faults hide each other.
    this.hardness = new Map(
      KINDS.map((kind) => [
        kind,
        STEADY.has(kind) ? 1 : chance.for("hardness", kind).pick([0, 0, 0.5, 1, 2, 3]),
      ]),
    );
  }

  /** True when the fault strikes at this opportunity for it. */
  strikes(kind: FaultKind): boolean {
    const number = this.opportunities.get(kind) ?? 0;
    this.opportunities.set(kind, number + 1);
    const { chance = 0 } = faultOf(kind);
    const probability = chance * (this.hardness.get(kind) ?? 0);
    if (this.areOver || probability === 0) return false;
    return this.chance.for(kind, number).isTrue(probability) && this.strike(`${kind}#${number}`, kind);
  }

  /** The moments at which a fault strikes, as shares of the time in which faults do. */
  momentsOf(
    kind: FaultKind,
  ): readonly { readonly name: string; readonly share: number; readonly chance: Chance }[] {
    const { moments = 0 } = faultOf(kind);
    if (this.hardness.get(kind) === 0) return [];
    return Array.from({ length: this.chance.for("moments", kind).between(0, moments) }, (_, number) => {
      const name = `${kind}#${number}`;
      const chance = this.chance.for("moment", kind, number);
      return { name, share: chance.fraction(), chance };
    });
  }

  /** A fault strikes at its moment, unless it is left out. */
  strike(name: string, kind: FaultKind): boolean {
    if (this.areOver || this.isLeftOut(name)) return false;
    this.struck.push(name);
    this.count(kind);
    this.trace.add("fault", name);
    return true;
  }

  /** Counts one that came about by others. */
  count(kind: FaultKind): void {
    this.hits.set(kind, (this.hits.get(kind) ?? 0) + 1);
  }
}
