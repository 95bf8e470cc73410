import { Actor, DurableActor, Method, ValidationError } from "durable-lambda";

export interface Standing {
  /** Users with the same points have the same rank, and the ranks behind them are left out: 1, 2, 2, 4. */
  readonly rank: number;
  readonly user: string;
  readonly points: number;
}

const MAX_TOP = 100;

/** The best result of each user of a game. */
@Actor
export class Leaderboard extends DurableActor {
  /** In the order in which users have reached their points. A Map keeps it, in the store too. */
  private best = new Map<string, number>();

  /** Notes a result. Only the user's best one counts. */
  @Method
  score(user: string, points: number): Standing {
    if (typeof user !== "string" || user === "") {
      throw new ValidationError("A user is a text that is not empty.", { user });
    }
    // TypeScript's `number` has NaN, and what comes over HTTP is anything at all. NaN would upset every comparison.
    if (!Number.isFinite(points)) {
      throw new ValidationError(`Points are a finite number, not ${String(points)}.`, { user, points });
    }
    const before = this.best.get(user);
    if (before === undefined || points > before) {
      // Only what is deleted first goes to the end: whoever had as many points already stays ahead.
      this.best.delete(user);
      this.best.set(user, points);
    }
    return this.standing(user, Math.max(points, before ?? points));
  }

  /** The best, first those of the same points who reached them first. */
  @Method({ readonly: true })
  top(count = 10): Standing[] {
    if (!Number.isInteger(count) || count < 1 || count > MAX_TOP) {
      throw new ValidationError(`Ask for 1 to ${MAX_TOP} users, not ${count}.`, { count });
    }
    // Sorting keeps the order of what is equal.
    const sorted = [...this.best].sort(([, a], [, b]) => b - a).slice(0, count);
    return sorted.map(([user, points]) => ({
      rank: 1 + sorted.findIndex(([, others]) => others === points),
      user,
      points,
    }));
  }

  /** Where a user stands; undefined for one who has no result. */
  @Method({ readonly: true })
  rank(user: string): Standing | undefined {
    const points = this.best.get(user);
    return points === undefined ? undefined : this.standing(user, points);
  }

  private standing(user: string, points: number): Standing {
    let rank = 1;
    for (const others of this.best.values()) if (others > points) rank++;
    return { rank, user, points };
  }
}
