/** An emulator in a thread of its own, which ends with its process. `workerData` says which one; posts its port. */
import { parentPort, workerData } from "node:worker_threads";

const LOOPBACK = { port: 0, host: "127.0.0.1" };

const starters = {
  async dynamodb() {
    const { default: dynalite } = await import("dynalite");
    const server = dynalite({ createTableMs: 0 });
    await new Promise((resolve) => server.listen(LOOPBACK, resolve));
    return server.address().port;
  },
  async sqs() {
    const { buildApp } = await import("fauxqs");
    const app = buildApp({ logger: false });
    return Number(new URL(await app.listen(LOOPBACK)).port);
  },
};

parentPort.postMessage(await starters[workerData]());
