/**
 * Where in the page somebody is, as the part of the address behind `#`. An actor's id may hold anything, so each part is encoded:
 *
 *     #/actors    #/actors/Counter?search=room    #/actor/Counter/a%2Fb?tab=turns    #/turns?type=Counter    #/events    #/dead-letters
 */

export const ACTOR_TABS = ["state", "turns", "reminders", "outbox", "inbox"] as const;
export type ActorTab = (typeof ACTOR_TABS)[number];

export type Route =
  | { readonly page: "actors"; readonly type?: string; readonly search?: string }
  | { readonly page: "actor"; readonly type: string; readonly id: string; readonly tab?: ActorTab }
  | { readonly page: "turns"; readonly type?: string; readonly method?: string; readonly outcome?: string }
  | { readonly page: "events"; readonly search?: string }
  | { readonly page: "dead-letters"; readonly type?: string }
  | { readonly page: "nowhere"; readonly hash: string };

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").map(decode);
  const [page, type, id] = parts;
  if (parts.some((part) => part === undefined) || parts.length > 3) return { page: "nowhere", hash };
  const given = new URLSearchParams(query);
  const pick = <K extends string>(name: K) => {
    const value = given.get(name);
    return (value === null || value === "" ? {} : { [name]: value }) as Partial<Record<K, string>>;
  };
  const ofType = type === undefined ? {} : { type };
  if (page === "" && type === undefined) return { page: "actors" };
  if (page === "actors" && id === undefined) return { page, ...ofType, ...pick("search") };
  if (page === "actor" && type !== undefined && id !== undefined && id !== "") {
    const tab = ACTOR_TABS.find((one) => one === given.get("tab"));
    return { page, type, id, ...(tab === undefined ? {} : { tab }) };
  }
  if (type !== undefined) return { page: "nowhere", hash };
  if (page === "turns") return { page, ...pick("type"), ...pick("method"), ...pick("outcome") };
  if (page === "events") return { page, ...pick("search") };
  if (page === "dead-letters") return { page, ...pick("type") };
  return { page: "nowhere", hash };
}

export function hrefOf(route: Route): string {
  switch (route.page) {
    case "actors":
      return href(route.type === undefined ? ["actors"] : ["actors", route.type], { search: route.search });
    case "actor":
      return href(["actor", route.type, route.id], { tab: route.tab === "state" ? undefined : route.tab });
    case "turns":
      return href(["turns"], { type: route.type, method: route.method, outcome: route.outcome });
    case "events":
      return href(["events"], { search: route.search });
    case "dead-letters":
      return href(["dead-letters"], { type: route.type });
    case "nowhere":
      return route.hash;
  }
}

function href(parts: readonly string[], query: Readonly<Record<string, string | undefined>>): string {
  const path = `#/${parts.map(encode).join("/")}`;
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value ? [[name, value]] : [],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** A lone surrogate has no encoding; no actor has one. */
function encode(part: string): string {
  return encodeURIComponent(part.toWellFormed());
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
