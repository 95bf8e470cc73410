/** The page's files, as they were built beside this one: `index.html`, `app.js`, `styles.css`. */
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { Context } from "hono";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing from elsewhere, nothing in the page's own text; and no other page may show this one. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FOLDER = join(__dirname, "inspector");
const NAME = /^\/([\w-]+\.(?:html|js|css|svg))?$/;

export function page(c: Context): Response | Promise<Response> {
  const [, name = "index.html"] = NAME.exec(c.req.path) ?? [undefined, ""];
  const path = join(FOLDER, name);
  if (name === "" || !existsSync(path)) return c.notFound() as Response | Promise<Response>;
  return new Response(readFileSync(path), {
    headers: {
      "content-type": TYPES[extname(name)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
  });
}
