/** The page's files, and no others: read once, so that no path from outside ever reaches the disk. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";

const FILES = {
  "theme.css": "text/css; charset=utf-8",
  "layout.css": "text/css; charset=utf-8",
  "messages.css": "text/css; charset=utf-8",
  "chat.mjs": "text/javascript; charset=utf-8",
  "live.mjs": "text/javascript; charset=utf-8",
  "outbox.mjs": "text/javascript; charset=utf-8",
  "server.mjs": "text/javascript; charset=utf-8",
  "view.mjs": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

const read = (name: string) => readFileSync(join(__dirname, "page", name), "utf8");

export function page(roomPath: string): Hono {
  const app = new Hono();
  const html = read("index.html");
  app.get("/", (c) => c.redirect("/rooms/lobby"));
  app.get(roomPath, (c) => c.html(html));
  for (const [name, type] of Object.entries(FILES)) {
    const text = read(name);
    app.get(`/${name}`, (c) => c.body(text, 200, { "content-type": type, "cache-control": "no-cache" }));
  }
  return app;
}
