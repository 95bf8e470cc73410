/**
 * Lambda: gives each event to a process that has room, and starts another one when none has. It knows the function's processes,
 * and so it is also where those are found that faults strike.
 */

import type { LambdaClient } from "@aws-sdk/client-lambda";
import { lambdaTransport } from "../../../lib/aws/lambda-transport";
import type { Transport } from "../../../lib/calling/transport";
import { FUNCTION } from "../cloud/names";
import { ServiceError } from "../cloud/service";
import { opIn } from "../workload/program";
import type { World } from "../world";
import { type Ending, type Fleet, FunctionProcess } from "./function-process";
import type { SimulatedProcess } from "./simulated-process";

/** An asynchronous invocation that fails is repeated after this, and again after twice as long. */
const RETRY_MS = 60_000;
const ASYNC_ATTEMPTS = 3;
/** Its queue tries again this soon when the function has no room. */
const NO_ROOM_MS = 1_000;

export class Lambda {
  private readonly processes: FunctionProcess[] = [];
  private started = 0;
  /** Asynchronous invocations under way, and those that have failed for good. */
  private pending = 0;
  private readonly failed: unknown[] = [];

  constructor(
    private readonly world: World,
    private readonly fleet: Fleet,
    /** Of the code that a process has which is started now. */
    private readonly codeVersion: () => number,
  ) {}

  get alive(): readonly FunctionProcess[] {
    return this.processes.filter((process) => process.isAlive);
  }

  get isQuiet(): boolean {
    return this.pending === 0 && this.failed.length === 0 && this.alive.every((process) => !process.isBusy);
  }

  /** Has an event worked on. False when there is no room for it. */
  invoke(event: unknown, end: (ending: Ending) => void): boolean {
    const process = this.withRoom();
    if (process === undefined) return false;
    process.work(event, end);
    return true;
  }

  /** As EventBridge does: nobody waits for the answer; a failure is repeated twice, and then kept. */
  invokeLater(event: unknown, delayMs = 0): void {
    this.pending++;
    this.world.timeline.after(delayMs, () => this.tryLater(event, 1));
  }

  /** What an operator does with events that have failed for good. */
  repeatFailed(): void {
    for (const event of this.failed.splice(0)) this.invokeLater(event);
  }

  /** How a client of the SDK reaches the function. */
  transportFrom(client: SimulatedProcess): Transport {
    return lambdaTransport({
      functionName: FUNCTION,
      client: new LambdaStandIn(this.world, this, client) as unknown as LambdaClient,
    });
  }

  private tryLater(event: unknown, attempt: number): void {
    const { timeline } = this.world;
    const isTaken = this.invoke(event, (ending) => {
      const isDone = "answer" in ending;
      if (!isDone && attempt < ASYNC_ATTEMPTS) {
        timeline.after(RETRY_MS * attempt, () => this.tryLater(event, attempt + 1));
        return;
      }
      this.pending--;
      if (!isDone) this.failed.push(event);
    });
    if (!isTaken) timeline.after(NO_ROOM_MS, () => this.tryLater(event, attempt));
  }

  private withRoom(): FunctionProcess | undefined {
    const { world, fleet } = this;
    const alive = this.alive;
    const free = alive.filter((process) => process.hasRoom);
    // Also with one to spare now and then: as many events come from elsewhere.
    const mayStart = alive.length < fleet.maxProcesses;
    if (mayStart && (free.length === 0 || world.chance.isTrue(0.1))) return this.start();
    return free.length === 0 ? undefined : world.chance.pick(free);
  }

  private start(): FunctionProcess {
    const { world } = this;
    const number = ++this.started;
    const chance = world.chance.for("start", number);
    const skewMs = chance.isTrue(0.5) ? chance.between(-30_000, 30_000) : 0;
    if (skewMs !== 0 && !world.faults.areOver) world.faults.count("skew");
    const process = new FunctionProcess(world, `process${number}`, skewMs, this.fleet, this.codeVersion());
    this.processes.push(process);
    return process;
  }
}

interface InvokeInput {
  readonly Payload: Uint8Array;
}

/** A client of Lambda's in one process. */
class LambdaStandIn {
  constructor(
    private readonly world: World,
    private readonly lambda: Lambda,
    private readonly client: SimulatedProcess,
  ) {}

  send(command: { readonly input: InvokeInput }): Promise<object> {
    const { world, client, lambda } = this;
    const { faults, timeline } = world;
    const event: unknown = JSON.parse(Buffer.from(command.input.Payload).toString());
    const times = faults.strikes("invoked-twice") ? 2 : 1;
    if (times === 2) world.history.doubled.add(opIn(event as { readonly args?: readonly unknown[] }) ?? "");
    return new Promise((resolve, reject) => {
      const arrive = () => {
        const isTaken = lambda.invoke(event, (ending) => {
          const isLost = faults.strikes("lost-answer");
          timeline.after(client.chance.between(1, 5), () =>
            client.enter(() => (isLost ? reject(noAnswer()) : resolve(answerOf(ending)))),
          );
        });
        if (!isTaken) timeline.after(1, () => client.enter(() => reject(throttled())));
      };
      const isLate = faults.strikes("late-request");
      // Its client hears that the connection is gone, and sends it again.
      if (isLate) timeline.after(client.chance.between(1, 5), () => client.enter(() => reject(noAnswer())));
      for (let time = 0; time < times; time++) {
        // A copy may come when its first has been answered, and has left the head.
        const soonMs = client.chance.between(1, time === 0 ? 5 : 90);
        timeline.after(isLate ? client.chance.between(20, 5_000) : soonMs, arrive);
      }
    });
  }
}

function answerOf(ending: Ending): object {
  if ("answer" in ending) return { Payload: Buffer.from(JSON.stringify(ending.answer)) };
  const { functionError, message } = ending;
  const payload = { errorType: functionError, errorMessage: message };
  return { FunctionError: "Unhandled", Payload: Buffer.from(JSON.stringify(payload)) };
}

function throttled(): Error {
  return new ServiceError("TooManyRequestsException", "Rate exceeded", { status: 429 });
}

function noAnswer(): Error {
  return Object.assign(new Error("socket hang up"), { name: "Error", $metadata: {} });
}
