/** Tests that hold on either store: the embedded engine's, and DynamoDB's beside the embedded engine's queues. */
import { randomUUID } from "node:crypto";
import type { ActorClass } from "durable-lambda";
import type { Address } from "../../lib/address";
import type { Invocation } from "../../lib/invocation";
import type { Ports } from "../../lib/ports";
import type { Head } from "../../lib/store";
import { drain } from "./batches";
import { type Emulator, startDynamo } from "./dynamo";
import { FakeClock } from "./fake-clock";
import { type LocalPorts, openLocal } from "./local-ports";
import { startWatched, type WatchedOptions, type WatchedProcess } from "./watched-process";

/** What a test has, made anew for each. */
export interface Stage {
  readonly clock: FakeClock;
  readonly local: LocalPorts;
  readonly ports: Ports;
  /** An id that no other test uses: the actors of those are in the same table. */
  readonly id: string;
  start(actors: readonly ActorClass[], options?: Partial<WatchedOptions>): WatchedProcess;
  headOf(address: Address): Promise<Head | undefined>;
  /** A call of the actor that has the id. */
  call(actor: string, method: string, args?: readonly unknown[], more?: object): Invocation;
  /** Lets time pass, and has a process look after whatever is due then. */
  pass(ms: number, process: WatchedProcess): Promise<void>;
}

/** To be called where the tests of a file are defined; defines them twice. */
export function onEachStore(define: (stage: () => Stage) => void): void {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startDynamo();
  });
  afterAll(() => emulator.close());

  describe.each<[string, (local: LocalPorts) => Ports["store"]]>([
    ["the embedded engine", ({ store }) => store],
    ["DynamoDB", () => emulator.connect().store],
  ])("on %s", (_name, storeFrom) => {
    let stage: Stage;
    beforeEach(() => {
      stage = open(storeFrom);
    });
    define(() => stage);
    // After the file's own hooks, which see everything as its test has left it.
    afterEach(() => stage.local.close());
  });
}

function open(storeFrom: (local: LocalPorts) => Ports["store"]): Stage {
  const clock = new FakeClock();
  const local = openLocal({ clock });
  const ports: Ports = { ...local, store: storeFrom(local) };
  const id = randomUUID();
  return {
    clock,
    local,
    ports,
    id,
    start: (actors, options = {}) => startWatched(actors, ports, { clock, ...options }),
    headOf: (address) => ports.store.read(address, { consistent: true }),
    call: (actor, method, args = [], more = {}) => ({ actor, id, method, args, ...more }) as Invocation,
    async pass(ms, process) {
      clock.freeze(ms);
      await process.handle({ mode: "sweep" });
      await drain(process.handle, local);
    },
  };
}
