/** The SQS emulator, as a worker: it is an ES module, which jest's own loader cannot load. Posts its port. */
import { parentPort } from "node:worker_threads";
import { startFauxqs } from "fauxqs";

// It refuses characters above U+FFFF, which SQS takes: its expression has no `u`.
const types = new URL("../../node_modules/fauxqs/dist/sqs/sqsTypes.js", import.meta.url);
const { INVALID_MESSAGE_BODY_CHAR } = await import(types.href);
const refused = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
INVALID_MESSAGE_BODY_CHAR.test = (text) => refused.test(text);

const { port } = await startFauxqs({ port: 0, logger: false });
parentPort?.postMessage(port);
