/** Seats over HTTP. It has only the type of the actor: what runs is elsewhere, and the client finds it. */
import type { CallOptions, Client } from "durable-lambda";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { asProblem } from "./problem";
import type { Choice, Plan, Purchase } from "./requests";
import type { Show } from "./show";

/** Shorter than what is before it waits, such as an API Gateway's 30 s: so it is this API that answers. */
const TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 16 * 1_024;

export function createApi(client: Client): Hono {
  const app = new Hono();
  const shows = client.actor<Show>("Show");
  const show = (c: Context) => shows.get(param(c, "show"), optionsOf(c));

  app.onError(asProblem);
  app.notFound(() => {
    throw new HTTPException(404, { message: "There is nothing at this address" });
  });
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }));

  app.put("/shows/:show", async (c) => c.json(await show(c).open(await bodyOf<Plan>(c))));
  app.get("/shows/:show", async (c) => c.json(await show(c).overview()));

  app.post("/shows/:show/holds", async (c) => {
    const hold = await show(c).hold(await bodyOf<Choice>(c));
    return c.json(hold, 201, { location: `${c.req.path}/${hold.id}` });
  });
  app.delete("/shows/:show/holds/:hold", async (c) => {
    await show(c).release(param(c, "hold"));
    return c.body(null, 204);
  });

  app.post("/shows/:show/bookings", async (c) => {
    const booking = await show(c).book(await bodyOf<Purchase>(c));
    return c.json(booking, 201, { location: `${c.req.path}/${booking.id}` });
  });
  app.get("/shows/:show/bookings/:booking", async (c) => c.json(await show(c).booking(param(c, "booking"))));
  return app;
}

/**
 * A client that sends its `Idempotency-Key` again gets the first answer, and nothing happens twice. The method and the path belong to
 * it: with one key for a hold and a booking, the one would be answered with the other.
 */
function optionsOf({ req }: Context): CallOptions {
  const key = req.header("idempotency-key");
  if (req.method !== "POST" || !key) return { timeoutMs: TIMEOUT_MS };
  return { timeoutMs: TIMEOUT_MS, idempotencyKey: `${req.method} ${req.path} ${key}` };
}

function param({ req }: Context, name: string): string {
  return req.param(name) ?? "";
}

/** What is in it is for the method's schema to say. */
async function bodyOf<T>({ req }: Context): Promise<T> {
  if (!/^application\/json\s*(;|$)/i.test(req.header("content-type") ?? "")) {
    throw new HTTPException(415, { message: "The content type is not application/json" });
  }
  try {
    return await req.json<T>();
  } catch {
    throw new HTTPException(400, { message: "The body is not JSON" });
  }
}

function tooLarge(): never {
  throw new HTTPException(413, { message: `A request has at most ${MAX_BODY_BYTES} bytes` });
}
