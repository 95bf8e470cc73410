/** A lean HTTP load: keep-alive connections, one request in flight per caller. The same for all that is measured. */
import { Agent, request } from "node:http";

export interface Shape {
  readonly name: string;
  readonly callers: number;
  readonly actors: number;
}

export const SHAPES: readonly Shape[] = [
  { name: "1 actor, 1 caller", callers: 1, actors: 1 },
  { name: "1 actor, 16 callers", callers: 16, actors: 1 },
  { name: "100 actors, 16 callers", callers: 16, actors: 100 },
];

/** Increments per second over `ms` milliseconds. */
export async function measure(url: string, { callers, actors }: Shape, ms: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const { hostname, port } = new URL(url);
  const post = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const body = '{"args":[1]}';
      const sent = request(
        {
          agent,
          hostname,
          port,
          path,
          method: "POST",
          headers: { "content-type": "application/json", "content-length": body.length },
        },
        (response) => {
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
          response.resume();
          response.on("end", resolve);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  let done = 0;
  let next = 0;
  const startMs = performance.now();
  const endMs = startMs + ms;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endMs) {
        await post(`/actors/Counter/c${next++ % actors}/increment`);
        done++;
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  agent.destroy();
  return done / seconds;
}
