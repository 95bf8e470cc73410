/**
 * A process that runs the app: as an execution environment of Lambda, which works on one event at a time and is frozen in
 * between; or as a server, which works on several and never sleeps. Either runs the router on adapters of its own.
 */
import type { Logger } from "../../../lib/log";
import { Registry } from "../../../lib/registry";
import { type RouterHandler, router } from "../../../lib/runtime/router";
import { Runtime } from "../../../lib/runtime/runtime";
import { accountOf, MAX_STATE_BYTES } from "../workload/account";
import { Visitor } from "../workload/visitor";
import type { World } from "../world";
import { adaptersOf } from "./adapters";
import { SimulatedProcess } from "./simulated-process";

/** What each process of a schedule is like. */
export interface Fleet {
  /** Undefined for servers, which nobody stops. */
  readonly timeoutMs: number | undefined;
  /** Events that one process works on at once. */
  readonly concurrency: number;
  readonly maxProcesses: number;
}

/** How one event ended: with an answer, or in one of the ways in which Lambda says that there is none. */
export type Ending =
  | { readonly answer: unknown }
  | { readonly functionError: string; readonly message: string };

/** A process that is told to stop is killed so long after. */
const STOP_MS = 500;
const GRACE_MS = 250;

export class FunctionProcess extends SimulatedProcess {
  override readonly isFunction = true;
  private readonly runtime: Runtime;
  private readonly handle: RouterHandler;
  private busy = 0;
  private isStopping = false;
  private requests = 0;

  constructor(
    world: World,
    name: string,
    skewMs: number,
    private readonly fleet: Fleet,
    /** Of the code that it runs. */
    readonly codeVersion: number,
  ) {
    super(world, name, skewMs);
    const { clock, chance: random } = this;
    const log = new ProcessLog(this);
    const limits = {
      hops: 6,
      warmActors: random.pick([1, 3]),
      stateBytes: MAX_STATE_BYTES,
      holdTurns: random.pick([2, 10]),
      holdMs: random.pick([50, 1_000]),
      queueLength: random.pick([20, 1_000]),
    };
    const registry = new Registry([accountOf(codeVersion), Visitor]);
    this.runtime = new Runtime(registry, adaptersOf(this), { clock, random, log, limits });
    this.handle = router(this.runtime, { stack: false });
  }

  get hasRoom(): boolean {
    return (
      this.isAlive &&
      !this.isStopping &&
      this.busy < this.fleet.concurrency &&
      !(this.busy > 0 && this.isPaused)
    );
  }

  get isBusy(): boolean {
    return this.busy > 0;
  }

  /** Works on an event. `end` is called once, from outside the process. */
  work(event: unknown, end: (ending: Ending) => void): void {
    const { world, fleet, clock } = this;
    const { timeoutMs } = fleet;
    const startMs = world.timeline.nowMs;
    this.busy++;
    let isOver = false;
    const finish = (ending: Ending) => {
      if (isOver) return;
      isOver = true;
      this.busy--;
      cancelTimeout();
      forget();
      // The answer is on its way before anything else happens in here.
      world.timeline.after(0, () => {
        if (this.busy === 0 && this.isStopping) this.kill();
        else if (this.busy === 0 && timeoutMs !== undefined) this.pause();
        end(ending);
      });
    };
    const forget = this.onDeath(() => finish({ functionError: "Unhandled", message: "Runtime exited" }));
    const cancelTimeout =
      timeoutMs === undefined
        ? () => {}
        : world.timeline.after(timeoutMs, () => {
            if (isOver) return;
            world.faults.count("timeout");
            this.kill();
          });
    const context = {
      getRemainingTimeInMillis: () =>
        timeoutMs === undefined
          ? Number.POSITIVE_INFINITY
          : Math.max(0, timeoutMs - (clock.now() - this.skewMs - startMs)),
      awsRequestId: `${this.name}-${this.requests++}`,
    };
    this.resume();
    this.enter(() => {
      this.handle(event, timeoutMs === undefined ? undefined : context).then(
        (answer) => {
          this.noteOldCode(
            (answer as { readonly error?: { readonly code?: unknown } } | undefined)?.error?.code,
          );
          finish({ answer });
        },
        (error: Error) => finish({ functionError: error.name, message: error.message }),
      );
    });
  }

  /** This code has met a state of newer code, and has left it alone. */
  noteOldCode(code: unknown): void {
    if (code === "StateVersionTooNew") this.world.faults.count("old-code");
  }

  /** Takes no further event, and ends when it works on none. */
  retire(): void {
    this.isStopping = true;
    if (this.busy === 0) this.kill();
  }

  /** Told to stop, as by SIGTERM; killed soon after in any case. */
  stop(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.resume();
    this.enter(() => void this.runtime.close(GRACE_MS));
    this.world.timeline.after(STOP_MS, () => this.kill());
  }
}

/** Lines of the log say in the trace what the runtime itself takes note of. Errors must be of a kind that is expected. */
class ProcessLog implements Logger {
  constructor(private readonly process: FunctionProcess) {}

  debug(): void {}
  info(): void {}

  warn(message: string, { code = "" }: { readonly code?: unknown } = {}): void {
    const { world, name } = this.process;
    world.trace.add(name, `warns: ${message} ${String(code)}`);
    this.process.noteOldCode(code);
  }

  error(
    message: string,
    { code = "", error }: { readonly code?: unknown; readonly error?: unknown } = {},
  ): void {
    const { world, name } = this.process;
    world.trace.add(name, `error: ${message} ${String(code)}`);
    if (code === "InternalError") world.history.defect(message, error);
  }
}
