/** An actor that expires when nobody uses it, and tells another one of all that it was used for. */
import { Actor, DurableActor, Method } from "durable-lambda";
import { sleep } from "../../../lib/clock";
import { SimulatedProcess } from "../hosts/simulated-process";

export const EXPIRE_AFTER_MS = 90_000;
/** It is told, and tells nobody. */
export const TALLY = "tally";

@Actor({ name: "Visitor", expireAfter: EXPIRE_AFTER_MS })
export class Visitor extends DurableActor {
  visits: string[] = [];

  /** Returns how many there were since it was created. */
  @Method visit(op: string): number {
    begins();
    return this.visits.push(op);
  }
  override async onDestroy(): Promise<void> {
    const { ctx, visits } = this;
    const { clock } = begins();
    if (ctx.actorId === TALLY) return;
    await sleep(clock, 8);
    ctx.actor<Visitor>("Visitor").get(TALLY).send().visit(lifeOf(ctx.actorId, visits));
  }
}

function begins(): SimulatedProcess {
  const process = SimulatedProcess.current as SimulatedProcess;
  process.world.visitors.begins(process);
  return process;
}

/** What the tally is told of one life. */
export function lifeOf(id: string, visits: readonly string[]): string {
  return `${id}: ${visits.join(" ")}`;
}
