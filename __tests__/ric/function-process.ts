/**
 * A process of a function as Lambda runs it: AWS's own runtime client on a folder with a bundle, in an environment that has only
 * what Lambda gives and the app's variables. It is frozen while it waits for an event, and killed when one takes too long.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type FunctionError, type Outcome, RuntimeApi } from "./runtime-api";

export interface ProcessOptions {
  /** Where `index.js` or `index.mjs` is. */
  readonly folder: string;
  /** The app's variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** So many events at once, as on Managed Instances, which never freeze a process. Default: one, as Lambda has always done. */
  readonly concurrency?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** The runtime client's file. */
const ric = process.env.DURABLE_TEST_RIC ?? "";

export class FunctionProcess {
  /** What it has written, on both outputs. */
  output = "";
  /** Resolves when it is gone. */
  readonly ended: Promise<Extract<Outcome, { kind: "ended" }>>;
  private readonly onOutput = new Set<() => void>();
  private isStopping = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly api: RuntimeApi,
    private readonly options: ProcessOptions,
  ) {
    api.onIdle = () => {
      if (!this.isStopping && options.concurrency === undefined) child.kill("SIGSTOP");
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        for (const look of this.onOutput) look();
      });
    }
    this.ended = once(child, "close").then(async ([code, signal]) => {
      const outcome = { kind: "ended", code, signal } as const;
      api.settleAll(outcome);
      await api.close();
      return outcome;
    });
  }

  static async start(options: ProcessOptions): Promise<FunctionProcess> {
    const api = await RuntimeApi.start();
    const child = spawn(process.execPath, [ric, "index.handler"], {
      cwd: options.folder,
      env: { ...options.environment, ...lambdaEnvironment(options, api.address) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new FunctionProcess(child, api, options);
  }

  /** How often it has asked for an event. */
  get asked(): number {
    return this.api.asked;
  }

  /** Resolves when it is ready for its first event, or has said why it never will be. */
  get initialised(): Promise<FunctionError | undefined> {
    return this.api.initialised;
  }

  /** Whatever becomes of the event, and of the process. The time runs from when the process can take it. */
  async invoke(event: unknown): Promise<Outcome> {
    const failure = await this.initialised;
    if (failure !== undefined) return failure;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const outcome = this.api.invoke(event, randomUUID(), Date.now() + timeoutMs);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.child.kill("SIGKILL");
    }, timeoutMs);
    this.child.kill("SIGCONT");
    try {
      const settled = await outcome;
      return isLate && settled.kind === "ended" ? { kind: "timeout" } : settled;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when it has written this; rejects when it ends without. */
  async writes(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => void (this.output.includes(text) && resolve());
      this.onOutput.add(look);
      void this.ended.then(() => reject(new Error(`It ended without writing ${text}:\n${this.output}`)));
      look();
    });
  }

  /** Tells it to stop, as Lambda does before it takes a process away: thawed. */
  terminate(): void {
    this.isStopping = true;
    this.child.kill("SIGCONT");
    this.child.kill("SIGTERM");
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** What Lambda sets, and no more than that: nothing of this process's environment leaks in. */
function lambdaEnvironment({ folder, concurrency }: ProcessOptions, runtimeApi: string): NodeJS.ProcessEnv {
  return {
    _HANDLER: "index.handler",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
    AWS_LAMBDA_FUNCTION_NAME: "router",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/router",
    AWS_LAMBDA_LOG_STREAM_NAME: randomUUID(),
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: folder,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    ...(concurrency === undefined
      ? {}
      : { AWS_LAMBDA_MAX_CONCURRENCY: String(concurrency), AWS_LAMBDA_NODEJS_WORKER_COUNT: "1" }),
  };
}
