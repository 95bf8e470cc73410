import { Actor, DurableActor, Method } from "durable-lambda";
import type { Cron } from "./cron";
import { tasks } from "./tasks";

/** One run of a job. */
export interface Order {
  readonly cronId: string;
  readonly jobId: string;
  readonly dueAt: Date;
  readonly what: string;
}

/** Does the runs of one job, one after another, and tells how each ended. */
@Actor
export class Worker extends DurableActor {
  private done: Date[] = [];

  @Method
  async work({ cronId, jobId, dueAt, what }: Order): Promise<void> {
    const cron = this.ctx.actor<Cron>("Cron").get(cronId);
    try {
      const task = tasks.get(what);
      if (task === undefined) throw new Error(`There is no task "${what}".`);
      // The same in every attempt, also after a crash: a task passes it on as an idempotency key.
      await task(this.ctx.callId);
      this.done = [...this.done, dueAt].slice(-100);
      cron.send().ended(jobId, { dueAt, outcome: "done" });
    } catch (error) {
      // Caught, so that this turn is committed and the failure told. One that throws would be tried again, up to three times.
      const reason = error instanceof Error ? error.message : String(error);
      cron.send().ended(jobId, { dueAt, outcome: "failed", reason });
    }
  }

  /** The due times of the last hundred runs that were done. */
  @Method({ readonly: true })
  runs(): Date[] {
    return this.done;
  }
}
