/** Calls over HTTP: to the local app, and signed. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Actor, createClient, DurableActor, httpTransport, Method } from "durable-lambda";
import { sigv4 } from "durable-lambda/aws";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { silentLog } from "../support/process";

@Actor
class Counter extends DurableActor {
  count = 0n;
  seen = new Map<string, Date>();

  @Method increment(by: bigint, at: Date): Map<string, Date> {
    this.count += by;
    this.seen.set(String(this.count), at);
    return this.seen;
  }
}

describe("to the local app", () => {
  let app: LocalApp;
  beforeAll(async () => {
    app = await startLocal({ actors: [Counter], log: silentLog });
  });
  afterAll(() => app.close());

  it("keeps types both ways, for any id", async () => {
    const counter = createClient({ transport: httpTransport({ url: app.url }) }).actor(Counter);
    for (const id of ["a", "a/b", "..", ".", "é", "?x#y", "%41", "__proto__"]) {
      expect(await counter.get(id).increment(2n, new Date(5))).toEqual(new Map([["2", new Date(5)]]));
    }
  });

  it("sees the same actors as the client in the process", async () => {
    const remote = createClient({ transport: httpTransport({ url: `${app.url}/` }) }).actor(Counter);
    await remote.get("same").increment(1n, new Date(1));
    const seen = await app.client.actor(Counter).get("same").increment(1n, new Date(2));
    expect([...seen.keys()]).toEqual(["1", "2"]);
  });

  it("is a TransportError, retryable, where nobody listens", async () => {
    const gone = createClient({ transport: httpTransport({ url: "http://127.0.0.1:9" }) }).actor(Counter);
    await expect(gone.get("a", { timeoutMs: 100 }).increment(1n, new Date())).rejects.toMatchObject({
      code: "TransportError",
      retryable: true,
    });
  });
});

describe("to something else", () => {
  let server: Server;
  let requests: IncomingMessage[];
  let url: string;
  let answers: (string | undefined)[];

  beforeEach(async () => {
    requests = [];
    answers = [];
    server = createServer((request, response) => {
      requests.push(request);
      request.resume();
      request.on("end", () => {
        const answer = answers.shift();
        if (answer === undefined) response.destroy();
        else response.end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const call = (options: Omit<Parameters<typeof httpTransport>[0], "url"> = {}) =>
    createClient({ transport: httpTransport({ url, ...options }) })
      .actor<Counter>("Counter")
      .get("a")
      .increment(1n, new Date(0));

  it("tries again when a connection breaks or the answer is no reply", async () => {
    answers = [undefined, "<html>bad gateway</html>", '{"ok":true,"result":{"$map":[]},"version":1}'];
    expect(await call()).toEqual(new Map());
    expect(requests).toHaveLength(3);
  });

  it("signs each request for the region and the service", async () => {
    answers = ['{"ok":true,"result":{"$map":[]},"version":1}'];
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    await call({ sign: sigv4({ region: "eu-central-1", credentials }), headers: { "x-tenant": "t1" } });
    const { authorization, "x-amz-date": date, "x-tenant": tenant } = requests[0]?.headers ?? {};
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/lambda\/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*x-tenant[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
    );
    expect(date).toMatch(/^\d{8}T\d{6}Z$/);
    expect(tenant).toBe("t1");
  });
});
