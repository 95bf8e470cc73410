/**
 * The actor of the workload. It runs the programs that it is given, and tells the history of each attempt, which the runtime
 * knows nothing of: the attempt's name goes into the state and into whatever the turn causes, so that each effect that shows up
 * anywhere can be traced to the one attempt that was, or was not, committed.
 */
import { Actor, type ActorClass, DurableActor, Method, On, Transient } from "durable-lambda";
import type { ActorEvent } from "../../../lib/events/event";
import { SimulatedProcess } from "../hosts/simulated-process";
import type { Attempt } from "./history";
import type { Program, Receipt, Sight, Step } from "./program";

export interface Account extends DurableActor {
  act(program: Program): Promise<Receipt>;
  actNow(program: Program): Receipt;
  actEither(program: Program): Receipt | Promise<Receipt>;
  look(): Sight;
  gaze(): Sight;
}

/** The detail of an event of the workload. */
interface Notice {
  readonly to: string;
  readonly program: Program;
}

/** A step that lets time pass, and so cannot be part of a method that returns no promise. */
function isAsync({ do: what }: Step): boolean {
  return what === "call" || what === "save" || what === "wait" || what === "cycle";
}

/** By which method a program runs: what takes no time by one that returns no promise, or by one that does so now and then. */
export function methodFor(steps: readonly Step[]): "act" | "actNow" | "actEither" {
  if (steps.length % 2 === 0) return "actEither";
  return steps.some(isAsync) ? "act" : "actNow";
}

/** The largest state of an actor: so small that one that is too large is made quickly. */
export const MAX_STATE_BYTES = 16_384;

class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(readonly nonce: string) {
    super("There is not enough.");
  }
}

class Mishap extends Error {
  override readonly name = "Mishap";
}

/** The class as a version of the code has it. */
export function accountOf(version: number): ActorClass<Account> {
  const known = classes.get(version);
  if (known !== undefined) return known;
  const type = defineAccount(version);
  classes.set(version, type);
  return type;
}

const classes = new Map<number, ActorClass<Account>>();

/** Each version counts on from the one before: so a step that is left out, or taken twice, shows in the state. */
function stepsTo(version: number): Record<number, (fields: Record<string, unknown>) => object> {
  const step = (fields: Record<string, unknown>) => ({ ...fields, era: Number(fields.era) + 1 });
  return Object.fromEntries(Array.from({ length: version - 1 }, (_, index) => [index + 2, step]));
}

function defineAccount(version: number): ActorClass<Account> {
  @Actor({ name: "Account", version, migrate: stepsTo(version) })
  class AccountActor extends DurableActor {
    balance = 0;
    /** The attempt that was committed last. */
    last = "";
    /** How far programs have come that have saved a checkpoint, and how often reminders came. */
    progress: Record<string, number> = {};
    /** Makes it large. */
    lines: string[] = [];
    /** The version of the code, as far as the state knows. */
    era = version;
    /** How often it was created. */
    births = 0;
    /** Its hook has seen that it was created or loaded. */
    @Transient isEntered = false;
    /** What a turn that destroys it is at. */
    @Transient ending: Attempt | undefined;

    override onCreate(): void {
      this.births++;
      this.isEntered = true;
    }
    /** Waits in every other version of the code. */
    override onActivate(): void | Promise<void> {
      const enter = () => {
        this.isEntered = true;
      };
      return version % 2 === 0 ? Promise.resolve().then(enter) : enter();
    }
    override onDestroy(): void {
      if (this.ending !== undefined) this.ending.isEnded = true;
    }

    @Method async act(program: Program): Promise<Receipt> {
      const turn = new Turn(this, program);
      return turn.finish([...turn.steps()]);
    }

    /** Returns a promise only when it has to wait for something. */
    @Method actEither(program: Program): Receipt | Promise<Receipt> {
      const turn = new Turn(this, program);
      const steps = [...turn.steps()];
      for (const [place, [index, step]] of steps.entries()) {
        if (isAsync(step)) return turn.finish(steps.slice(place));
        turn.do(step, index);
      }
      return turn.end();
    }

    @Method actNow(program: Program): Receipt {
      const turn = new Turn(this, program);
      for (const [index, step] of turn.steps()) turn.do(step, index);
      return turn.end();
    }

    /** For reminders: each time that one is due has an effect of its own. */
    @Method due(program: Program, times: number): Receipt | Promise<Receipt> {
      const { reminder } = this.ctx;
      if (times === 1) return this.actEither(program);
      const count = (this.progress[program.op] ?? 0) + 1;
      if (count >= times && reminder !== undefined) {
        this.ctx.forget(reminder.name);
        delete this.progress[program.op];
      } else this.progress[program.op] = count;
      return this.actEither({
        ...program,
        op: `${program.op}@${reminder?.dueAt.getTime() ?? this.ctx.callId}`,
      });
    }

    @On({ source: "durable-lambda.Account", detailType: "Noted", id: "detail.to" })
    @On({ source: "outside", detailType: "Noted", id: "detail.to" })
    hear(event: ActorEvent<Notice>): Receipt | Promise<Receipt> {
      return this.actEither(event.detail.program);
    }

    @Method({ readonly: true }) look(): Sight {
      const { last, balance } = this;
      return { last, balance, version: this.ctx.version };
    }

    /** The same as a turn, which leads to nothing. */
    @Method gaze(): Sight {
      return this.look();
    }
  }

  /** One attempt at a program. */
  class Turn {
    private attempt: Attempt;
    private ballast: string | undefined;

    constructor(
      private readonly actor: AccountActor,
      private readonly program: Program,
    ) {
      this.attempt = this.begin();
    }

    /** From where an earlier attempt has saved a checkpoint. */
    *steps(): Iterable<[number, Step]> {
      const { op, steps } = this.program;
      for (let index = this.actor.progress[op] ?? 0; index < steps.length; index++)
        yield [index, steps[index] as Step];
    }

    do(step: Step, index: number): void {
      const { actor, attempt } = this;
      attempt.steps.push(step);
      const { ctx } = actor;
      const effect = { op: `${attempt.nonce}.${index}` };
      switch (step.do) {
        case "add":
          actor.balance += step.amount;
          return;
        case "take":
          if (actor.balance < step.amount) throw new Refusal(attempt.nonce);
          actor.balance -= step.amount;
          return;
        case "spend":
          if (actor.balance >= step.amount) actor.balance -= step.amount;
          return;
        case "send":
        case "start": {
          const { to, steps, delayMs = 0 } = step;
          const program = { ...effect, steps };
          const target = ctx.actor<Account>("Account").get(to);
          const { callId } = target[step.do]({ delay: delayMs })[methodFor(steps)](program);
          attempt.effects.push({ kind: step.do, ...effect, to, callId, isOrdered: delayMs === 0 });
          return;
        }
        case "emit": {
          const { to, steps } = step;
          const notice: Notice = { to, program: { ...effect, steps } };
          ctx.emit("Noted", notice);
          attempt.effects.push({ kind: "event", ...effect, to, isOrdered: false });
          return;
        }
        case "remind": {
          const { name, inMs, steps, times = 1 } = step;
          const time = times === 1 ? { at: new Date(ctx.now.getTime() + inMs) } : { every: inMs };
          ctx.remind(name, time, "due", { ...effect, steps }, times);
          const dueMs = ctx.now.getTime() + inMs;
          attempt.effects.push({ kind: "reminder", ...effect, to: ctx.actorId, name, dueMs, times });
          return;
        }
        case "forget":
          ctx.forget(step.name);
          attempt.effects.push({ kind: "forget", name: step.name });
          return;
        case "hog":
          if (attempt.process.world.history.isMended) return;
          attempt.process.world.faults.count("hog");
          attempt.process.pauseFor(step.ms);
          return;
        case "fail": {
          const { history } = attempt.process.world;
          if (
            !history.isMended &&
            history.attemptsOf(this.program.op) <= (step.times ?? Number.POSITIVE_INFINITY)
          ) {
            if (ctx.reminder !== undefined) attempt.process.world.faults.count("reminder-fails");
            throw new Mishap(`attempt ${history.attemptsOf(this.program.op)}`);
          }
          return;
        }
        case "again":
          this.again(effect);
          return;
        case "bloat":
          if (step.what === "state") actor.lines = ["x".repeat(MAX_STATE_BYTES)];
          else if (step.what === "result") this.ballast = "x".repeat(5_000);
          else ctx.emit("Bloated", { ballast: "x".repeat(17_000) });
          return;
        case "pad": {
          const { lines, change } = step;
          actor.lines = Array.from({ length: lines }, (_, line) => actor.lines[line] ?? lineOf(line, ""));
          if (lines > 0) actor.lines[change % lines] = lineOf(change % lines, attempt.nonce);
          return;
        }
        case "resolve":
          ctx.resolve(step.callId, step.value);
          attempt.effects.push({ kind: "resolve", callId: step.callId, value: step.value });
          return;
        case "destroy":
          attempt.destroys = true;
          actor.ending = attempt;
          ctx.destroy();
          return;
        case "pend":
          attempt.isPending = true;
          return;
        default:
          throw new Error(`${step.do} takes time.`);
      }
    }

    async doSlowly(step: Step, index: number): Promise<void> {
      const { actor, attempt, program } = this;
      const { ctx } = actor;
      if (step.do === "wait") {
        // What takes longer than its host lives is mended too.
        return waited(attempt.process, attempt.process.world.history.isMended ? 1 : step.ms);
      }
      if (step.do === "call") {
        // Two actors that call each other at once would wait for each other until a deadline.
        if (step.to <= attempt.actor) return;
        const op = `${program.op}/${index}`;
        attempt.effects.push({ kind: "call", op, to: step.to });
        const { to, steps } = step;
        await ctx.actor<Account>("Account").get(to)[methodFor(steps)]({ op, steps });
      } else if (step.do === "cycle") {
        await this.cycle(step.via, index);
      } else if (step.do === "save") {
        actor.progress[program.op] = index + 1;
        this.note();
        await ctx.save();
        this.attempt = this.begin();
      }
    }

    /** Does the rest. */
    async finish(steps: readonly [number, Step][]): Promise<Receipt> {
      for (const [index, step] of steps) {
        if (isAsync(step)) await this.doSlowly(step, index);
        else this.do(step, index);
      }
      return this.end();
    }

    end(): Receipt {
      const { actor, attempt } = this;
      delete actor.progress[this.program.op];
      this.note();
      attempt.isLast = true;
      const receipt = { nonce: attempt.nonce, balance: actor.balance, version: actor.ctx.version };
      if (attempt.isPending) return actor.ctx.pending();
      return this.ballast === undefined ? receipt : { ...receipt, ballast: this.ballast };
    }

    private begin(): Attempt {
      const { actor, program } = this;
      const process = SimulatedProcess.current as SimulatedProcess;
      const { history } = process.world;
      if (!actor.isEntered || actor.births !== 1) {
        history.violated(
          "hooks",
          `${actor.ctx.actorId} runs, created ${actor.births} times; entered: ${actor.isEntered}`,
        );
      }
      return history.begin(process, {
        op: program.op,
        stage: actor.progress[program.op] ?? 0,
        actor: actor.ctx.actorId,
        callId: actor.ctx.callId,
        previous: actor.last,
        before: actor.balance,
        lines: actor.lines.join("\n"),
        dueMs: actor.ctx.reminder?.dueAt.getTime(),
      });
    }

    /** What the next commit shall contain of this attempt. */
    private note(): void {
      this.attempt.after = this.actor.balance;
      this.attempt.lines = this.actor.lines.join("\n");
      this.actor.last = this.attempt.nonce;
    }

    private again(effect: { readonly op: string }): void {
      const { actor, attempt } = this;
      const { actorId } = actor.ctx;
      try {
        const self = actor.ctx.actor<Account>("Account").get(actorId);
        const { callId } = self.send().actNow({ ...effect, steps: [{ do: "again" }] });
        attempt.effects.push({ kind: "send", ...effect, to: actorId, callId, isOrdered: true });
      } catch (thrown) {
        if ((thrown as { code?: unknown }).code !== "HopLimitExceeded") throw thrown;
        attempt.process.world.faults.count("runaway");
      }
    }

    private async cycle(via: string, index: number): Promise<void> {
      const { actor, attempt, program } = this;
      const { actorId } = actor.ctx;
      const op = `${program.op}/${index}`;
      if (attempt.actor === via) return;
      attempt.effects.push({ kind: "call", op, to: via });
      const back = { do: "cycle", via: actorId } as const;
      await actor.ctx
        .actor<Account>("Account")
        .get(via)
        .act({ op, steps: [back] });
    }
  }

  return AccountActor;
}

/** About as long as a hundredth of what an actor's head can hold. */
function lineOf(index: number, nonce: string): string {
  return `${index} ${nonce}`.padEnd(64, ".");
}

function waited(process: SimulatedProcess, ms: number): Promise<void> {
  return new Promise((resolve) => void process.clock.setTimer(ms, resolve));
}
