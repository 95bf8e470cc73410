/** What these tests stand on: bundles, tables and queues of their own, and the processes that they start. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { type BatchResponse, sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import { type DynamoConnection, startDynamo } from "../support/dynamo";
import { type EventBridgeConnection, startEventBridge } from "../support/event-bridge";
import { type SqsConnection, startSqs } from "../support/sqs";
import { FunctionProcess, type ProcessOptions } from "./function-process";

const ROOT = resolve(__dirname, "../..");
/** A batch is processed, or taken out of the queue again, within this. */
const HIDE_MS = 60_000;
/** CommonJS among what is bundled asks for modules of Node's by `require`, which an ES module does not have. */
const REQUIRE_BANNER =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Like `describe`, where there is a runtime client. */
export function describeRuntime(name: string, tests: () => void): void {
  if (process.env.DURABLE_TEST_RIC) describe(name, tests);
  else
    describe.skip(`${name} (skipped: DURABLE_TEST_RIC names no runtime client; npm run test:runtime)`, tests);
}

export class Session {
  private readonly processes: FunctionProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly emulators: readonly { close(): Promise<void> }[],
    readonly dynamo: DynamoConnection,
    readonly sqs: SqsConnection,
    readonly events: EventBridgeConnection,
    /** The variables that the app's construct sets, and where AWS is. */
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async begin(): Promise<Session> {
    const folder = await mkdtemp(join(tmpdir(), "durable-ric-"));
    const emulators = [await startDynamo(), await startSqs(), await startEventBridge()] as const;
    const [dynamo, sqs, events] = [
      emulators[0].connect(),
      emulators[1].connect(),
      await emulators[2].connect(),
    ];
    const ofSdk = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"));
    return new Session(folder, emulators, dynamo, sqs, events, {
      ...Object.fromEntries(ofSdk),
      ...sqs.environment,
      DURABLE_TABLE: dynamo.table,
      WORKFLOW_TABLE: dynamo.workflows,
      DURABLE_BUS_NAME: events.name,
    });
  }

  /** @param entry from the project's root. @returns the folder with the bundle, which has everything that it needs */
  async bundle(entry: string, format: "cjs" | "esm" = "cjs"): Promise<string> {
    const outdir = join(this.folder, format, entry.replaceAll("/", "-"));
    const isModule = format === "esm";
    await build({
      absWorkingDir: ROOT,
      entryPoints: [entry],
      outfile: join(outdir, isModule ? "index.mjs" : "index.js"),
      bundle: true,
      platform: "node",
      target: "node24",
      format,
      minify: true,
      keepNames: true,
      sourcemap: true,
      tsconfig: join(ROOT, "tsconfig.json"),
      logLevel: "error",
      ...(isModule ? { banner: { js: REQUIRE_BANNER } } : {}),
    });
    return outdir;
  }

  /** @returns the folder with a function that is only this text */
  async write(name: string, text: string): Promise<string> {
    const outdir = join(this.folder, name);
    await mkdir(outdir, { recursive: true });
    await writeFile(join(outdir, "index.js"), text);
    return outdir;
  }

  async start(folder: string, options: Partial<ProcessOptions> = {}): Promise<FunctionProcess> {
    const started = await FunctionProcess.start({ folder, environment: this.environment, ...options });
    this.processes.push(started);
    return started;
  }

  /** Hands over what is on the queue, as Lambda does. @returns the bodies of what must come again */
  async drainQueue(function_: FunctionProcess): Promise<string[]> {
    const { messages: queue } = this.sqs.queues;
    const failed: string[] = [];
    for (;;) {
      const messages = await queue.receive({ max: 10, waitMs: 0, hideMs: HIDE_MS });
      if (messages.length === 0) return failed;
      const outcome = await function_.invoke(sqsEventOf("messages", messages));
      if (outcome.kind !== "response") throw new Error(`no answer to a batch: ${JSON.stringify(outcome)}`);
      const { batchItemFailures } = outcome.body as BatchResponse;
      const again = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      failed.push(...messages.filter(({ messageId }) => again.has(messageId)).map(({ body }) => body));
      await queue.delete(
        messages.filter(({ messageId }) => !again.has(messageId)).map(({ receipt }) => receipt),
      );
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
    for (const emulator of this.emulators) await emulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
