/** The local server over real sockets: whatever bytes come, it answers or closes, and serves the next one. */
import { connect } from "node:net";
import fc from "fast-check";
import type { InvocationReply } from "../../../lib/invocation";
import { type LocalServer, serve } from "../../../lib/local/http-server";
import { Finding, promised } from "../finding";
import { anyText, mutated } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { World } from "../world";
import { hostileInvocation } from "./invocations";

let server: LocalServer | undefined;

const GOOD = requestOf("POST /actors/Vault/good/look HTTP/1.1", ["Connection: close"], "");

function requestOf(line: string, headers: readonly string[], body: string): string {
  const all = [
    "Host: localhost",
    "Content-Type: application/json",
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${line}\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

const LINES = [
  "POST /actors HTTP/1.1",
  "POST /actors/Vault/a/increment HTTP/1.1",
  "POST /actors/Vault/%ff/keep?x#y HTTP/1.1",
  "GET / HTTP/1.1",
  "HEAD /actors HTTP/1.0",
  "OPTIONS * HTTP/1.1",
  "CONNECT x:1 HTTP/1.1",
  "POST http://evil/actors HTTP/1.1",
  "POST /actors HTTP/9.9",
  "post /\u0000 HTTP/1.1",
];
const HEADERS = [
  "Host: evil.example",
  "Host: [::1",
  "Origin: null",
  "Origin: http://localhost:1",
  "Transfer-Encoding: chunked",
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 99999999999",
  "Expect: 100-continue",
  "Expect: x",
  "Upgrade: websocket",
  "Connection: close",
  "Content-Type: text/plain",
  "Content-Encoding: gzip",
  "__proto__: x",
  `X: ${"x".repeat(20_000)}`,
  "Bad Header",
];

const request = fc
  .tuple(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...LINES.slice(0, 3)) },
      { weight: 1, arbitrary: fc.constantFrom(...LINES) },
    ),
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.constantFrom(...HEADERS), { minLength: 1, maxLength: 2 }) },
    ),
    fc.oneof(hostileInvocation, mutated(['{"args":[1]}'], { garbled: true }), anyText(20)),
  )
  .map(([line, headers, body]) => requestOf(line, headers, body));

const bytes = fc
  .tuple(request, fc.oneof(fc.constant(""), request), fc.integer({ min: 0, max: 7 }), fc.nat(400))
  .map(([first, second, how, at]) => (how === 0 ? first.slice(0, at) : first + second));

export const localServer: Target = {
  name: "local server",
  weight: 3,
  inputs: bytes,
  refusals: [...REFUSALS, "Forbidden", "NotTracked", "UnknownCall"],
  async open() {
    server = await serve(new World().runtime(), 0, { stack: false });
  },
  async close() {
    await server?.close();
  },
  async feed(text) {
    const answer = await exchange(text);
    const good = await exchange(GOOD);
    promised(
      good.startsWith("HTTP/1.1 200 "),
      `a good request is answered afterwards: ${good.slice(0, 100)}`,
    );
    if (answer === "") return "closed";
    const [, status, headers = "", body = ""] =
      /^HTTP\/1\.1 (\d{3}) ([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(answer) ?? [];
    promised(status !== undefined, `an answer is HTTP: ${answer.slice(0, 100)}`);
    // Node itself answers what it cannot parse, with a status alone.
    if (!headers.includes("application/")) return `status ${status}`;
    const length = Number(/content-length: (\d+)/.exec(headers)?.[1]);
    const first = Buffer.from(body).subarray(0, length).toString();
    if (first === "" && text.startsWith("HEAD")) return `status ${status}`;
    const reply = JSON.parse(first) as InvocationReply;
    return reply.ok ? ACCEPTED : codeOfWire(reply.error, this.refusals);
  },
};

/** Longer than any answer takes; shorter than what counts as a hang. */
const PATIENCE_MS = 3_000;

/** Sends bytes, then no more, and takes what comes until the server closes. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server?.url ?? "").port), "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    // A connection that is reset is closed.
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Finding("hang", `the server neither answers nor closes after ${PATIENCE_MS} ms`));
    });
    socket.end(text);
  });
}
