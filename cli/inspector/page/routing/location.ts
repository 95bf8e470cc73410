/** The page's address, as a cell. */
import { Cell } from "../state/cell";
import { hrefOf, parseRoute, type Route } from "./route";

export const route = new Cell<Route>(parseRoute(location.hash));

window.addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

export function go(to: Route): void {
  location.hash = hrefOf(to);
}

/** The same place, looked at in another way: it is no step of its own on the way back. */
export function change(to: Route): void {
  history.replaceState(null, "", hrefOf(to));
  route.set(to);
}
