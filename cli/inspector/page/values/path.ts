/** Where in a value something is: from the root, step by step. */
import type { Json } from "./json";

export type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  /** In a Map. */
  | { readonly kind: "entry"; readonly key: Json; readonly index: number }
  /** In a Set. */
  | { readonly kind: "element"; readonly index: number };

/** Of a place, the same in the value before and after a change: a Map's entry stays itself where others come and go. */
export type PathId = string;

export const ROOT: PathId = "";

export function childId(parent: PathId, step: Step): PathId {
  switch (step.kind) {
    case "field":
      return `${parent}.${JSON.stringify(step.name)}`;
    case "entry":
      // Two keys that are objects may look the same.
      return typeof step.key === "object" && step.key !== null
        ? `${parent}{${step.index}}`
        : `${parent}{${JSON.stringify(step.key)}}`;
    case "index":
      return `${parent}[${step.index}]`;
    case "element":
      return `${parent}<${step.index}>`;
  }
}

/** As code has it: `this.items[0].name`, `this.seats.get("12a")`. */
export function formatPath(root: string, steps: readonly Step[]): string {
  return steps.reduce((text, step) => text + formatStep(step), root);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function formatStep(step: Step): string {
  switch (step.kind) {
    case "field":
      return IDENTIFIER.test(step.name) ? `.${step.name}` : `[${JSON.stringify(step.name)}]`;
    case "entry":
      return typeof step.key === "object" && step.key !== null
        ? `.entry(${step.index})`
        : `.get(${JSON.stringify(step.key)})`;
    case "index":
      return `[${step.index}]`;
    case "element":
      return `.element(${step.index})`;
  }
}
