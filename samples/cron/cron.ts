import { Actor, DurableActor, type Duration, Method, type Missed, ValidationError } from "durable-lambda";
import { Worker } from "./worker";

/** When a job comes, again and again. UTC without a time zone; `missed` says what becomes of times that pass in an outage. */
export type JobTime =
  | { readonly every: Duration; readonly missed?: Missed }
  | { readonly cron: string; readonly timezone?: string; readonly missed?: Missed };

export interface Run {
  readonly dueAt: Date;
  readonly outcome: "running" | "done" | "failed";
  /** Why it failed. */
  readonly reason?: string;
}

interface Job {
  readonly what: string;
  /** The last few, the latest one at the end. */
  runs: Run[];
}

export interface JobStatus {
  readonly jobId: string;
  readonly what: string;
  readonly nextRun: Date;
  readonly lastRun: Run | undefined;
  /** The last few, the latest one at the end. */
  readonly runs: readonly Run[];
}

/** State is read and written as a whole: what is kept of each job has to end somewhere. */
const KEPT_RUNS = 10;

/**
 * Begins jobs at their times. Each job is a reminder of this actor, and its turn sends a message to the job's worker: the run is
 * noted, the message sent and the reminder moved to its next time in one commit, so whichever process dies, each due time has
 * one run.
 */
@Actor
export class Cron extends DurableActor {
  private jobs = new Map<string, Job>();

  /** Adds a job, or changes one; what is known of its runs stays. The first run is at the first time after now. */
  @Method
  schedule(jobId: string, time: JobTime, what: string): void {
    if (!("every" in time || "cron" in time)) {
      throw new ValidationError('A job has a time with "every" or "cron".', { jobId, time });
    }
    this.jobs.set(jobId, { what, runs: this.jobs.get(jobId)?.runs ?? [] });
    // Of the job's own name, so that it replaces the one before. It throws for a time that cannot be.
    this.ctx.remind(jobId, time, "begin", jobId);
  }

  /** Takes a job away; true when there was one. A run that has begun ends, and nobody hears of it. */
  @Method
  unschedule(jobId: string): boolean {
    this.ctx.forget(jobId);
    return this.jobs.delete(jobId);
  }

  /** The jobs, the next one first. */
  @Method({ readonly: true })
  list(): JobStatus[] {
    return this.ctx.reminders().flatMap(({ name: jobId, dueAt: nextRun }) => {
      const job = this.jobs.get(jobId);
      return job === undefined ? [] : [{ jobId, ...job, nextRun, lastRun: job.runs.at(-1) }];
    });
  }

  /** What the reminders call. */
  @Method
  begin(jobId: string): void {
    const job = this.jobs.get(jobId);
    const dueAt = this.ctx.reminder?.dueAt;
    // Anybody may call a method, but only a reminder has a due time.
    if (job === undefined || dueAt === undefined) return;
    job.runs = [...job.runs, { dueAt, outcome: "running" } satisfies Run].slice(-KEPT_RUNS);
    // A worker for each job: one that takes long holds up its own next run, and no other job.
    const cronId = this.ctx.actorId;
    this.ctx.actor(Worker).get(`${cronId}/${jobId}`).send().work({ cronId, jobId, dueAt, what: job.what });
  }

  /** What the workers tell. */
  @Method
  ended(jobId: string, run: Run): void {
    const job = this.jobs.get(jobId);
    if (job === undefined) return;
    job.runs = job.runs.map((known) => (known.dueAt.getTime() === run.dueAt.getTime() ? run : known));
  }
}
