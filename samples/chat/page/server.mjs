/** What the page asks its server. */

export const room = location.pathname.split("/").at(-1);
const base = `/api/rooms/${room}`;

/** Only this tab knows it, and a reload keeps it: whoever has it is this person. */
const session = kept("session") ?? keep("session", crypto.randomUUID());

export function kept(name) {
  return sessionStorage.getItem(`${room} ${name}`);
}

export function keep(name, value) {
  sessionStorage.setItem(`${room} ${name}`, value);
  return value;
}

/** A request that was refused, with the server's reason; `retryAfterMs` when it is taken later. */
export class Refused extends Error {
  constructor({ code, detail }, retryAfter) {
    super(`${detail}.`);
    this.code = code;
    this.retryAfterMs = retryAfter === null ? undefined : Number(retryAfter) * 1_000;
  }
}

export const enter = (name) => ask("PUT", "me", { name });
export const post = (text, key) => ask("POST", "messages", { text }, { "idempotency-key": key });
/** Reaches the server even though the page is on its way out. */
export const leave = () => ask("DELETE", "me", undefined, {}, { keepalive: true });

/** @param since the id of the last message that the page has */
export function openStream(since) {
  return new EventSource(`${base}/stream${since ? `?since=${encodeURIComponent(since)}` : ""}`);
}

/** @throws Refused when it will be refused again; any other error may pass */
async function ask(method, path, body, headers = {}, options = {}) {
  const response = await fetch(`${base}/${path}`, {
    ...options,
    method,
    headers: { authorization: `Bearer ${session}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.ok) return response.status === 204 ? undefined : response.json();
  if (response.status >= 500) throw new Error(`The server answered ${response.status}`);
  throw new Refused(await response.json(), response.headers.get("retry-after"));
}
