export { Actor } from "./actor";
export { Method } from "./method";
export { Transient } from "./transient";
