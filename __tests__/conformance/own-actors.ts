/** Actors for what the shop does not show, or not within seconds. */
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";
import { Alarm } from "../deployed/effect-actors";

/** Keeps what it is told, in the order in which it was told. */
@Actor
export class Diary extends DurableActor {
  entries: string[] = [];
  failures = 0;

  @Method add(entry: string): number {
    return this.entries.push(entry);
  }

  /** Fails twice, which a checkpoint keeps in mind. */
  @Method async addAtLast(entry: string): Promise<number> {
    if (this.failures < 2) {
      this.failures++;
      await this.ctx.save();
      throw new RangeError(`failure ${this.failures}`);
    }
    return this.add(entry);
  }

  @Method({ readonly: true }) list(): string[] {
    return this.entries;
  }
}

export { Alarm };

export const ownActors = [Alarm, Diary];

export const handler = createRouter(ownActors);
