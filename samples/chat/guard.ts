/**
 * Keeps others away from a server on this machine: a page of any site can reach a loopback port, through a browser that is here, or
 * by a name of its own that it points to 127.0.0.1 (DNS rebinding).
 */
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

export const onlyOwnPages: MiddlewareHandler = async (c, next) => {
  const host = c.req.header("host") ?? "";
  if (!LOCAL_HOST.test(host)) {
    throw new HTTPException(403, { message: "The Host header does not name this machine" });
  }
  // Browsers send it with each change. A page on another port of this machine is another site, too.
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) {
    throw new HTTPException(403, { message: "The request comes from a page of another site" });
  }
  await next();
};

/** What the page may do: load its own files and ask its own server. Should text ever become markup, it would run nothing. */
export const strictPages = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  // For HTTPS alone, and this server has none.
  strictTransportSecurity: false,
});
