/** Types of the library's that the page speaks of. Types alone: nothing of the library is in the page. */
export type { Json } from "../../../../lib/values/codec";
