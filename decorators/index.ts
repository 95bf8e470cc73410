export { Actor } from "./actor";
export { Method } from "./method";
export { On } from "./on";
export { Transient } from "./transient";
