/** Has the router sweep every minute, as a schedule does on AWS. */
import type { Clock } from "../clock";
import type { Logger } from "../log";
import type { RouterHandler } from "../runtime/router";
import { SWEEP_EVERY_MS } from "../wake";
import { asDurableError } from "../wire-error";

export class Sweeper {
  private cancel = () => {};
  private running: Promise<void> | undefined;
  private stopped = false;

  /** Sweeps at once for the first time: what was due while nothing ran. */
  constructor(
    private readonly handle: RouterHandler,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.sweep();
  }

  /** Sweeps no more, and resolves when none is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.running;
  }

  private sweep(): void {
    this.running = this.run();
  }

  private async run(): Promise<void> {
    try {
      await this.handle({ mode: "sweep" });
    } catch (thrown) {
      this.log.warn("sweep failed", { reason: asDurableError(thrown).message });
    }
    if (!this.stopped) this.cancel = this.clock.setTimer(SWEEP_EVERY_MS, () => this.sweep());
  }
}
