/** What somebody who does not run an app has to know of it: its actors, their methods, and which events they listen to. */
import type { ActorClass } from "./actor";
import type { ActorDefinition } from "./definition";
import type { EventPattern } from "./events/pattern";

export interface ActorOutline {
  readonly name: string;
  /** Which events it listens to: a rule for each brings them. */
  readonly events: readonly EventPattern[];
  readonly methods: readonly MethodOutline[];
}

export interface MethodOutline {
  readonly name: string;
  readonly readonly: boolean;
  /** As the code has them, such as `by = 1, note`; absent where that cannot be told. */
  readonly parameters?: string;
}

/** Of one router. */
export type RouterOutline = readonly ActorOutline[];

/** What a router was made of, for whoever runs the app in another way. */
export interface RouterParts {
  readonly actors: readonly ActorClass[];
  /** As `createRouter` got them. */
  readonly options: object;
}

/**
 * Whoever loads an app's code only to look at it puts a function there. A symbol that all copies of this package share: the app's is
 * in its bundle, and its handler may be wrapped in others.
 */
const LOOKER = Symbol.for("durable-lambda.looker");

type Looker = (outline: RouterOutline, parts: RouterParts) => void;

/** A router was made. */
export function announce(definitions: readonly ActorDefinition[], options: object): void {
  const { [LOOKER]: look } = globalThis as { [LOOKER]?: Looker };
  look?.(definitions.map(outlineOf), { actors: definitions.map(({ type }) => type), options });
}

function outlineOf({ name, type, listeners, methods }: ActorDefinition): ActorOutline {
  return {
    name,
    events: listeners.map(({ pattern }) => pattern),
    methods: [...methods.values()].map((method) => {
      const parameters = parametersOf((type.prototype as unknown as Record<string, unknown>)[method.name]);
      return {
        name: method.name,
        readonly: method.readonly,
        ...(parameters === undefined ? {} : { parameters }),
      };
    }),
  };
}

/** What stands between a method's first brackets, as long as there are no others in them; it is only for people to read. */
const PARAMETERS = /^(?:async\s+)?\*?\s*[\w$]+\s*\(([^()]{0,200})\)/;

function parametersOf(method: unknown): string | undefined {
  if (typeof method !== "function") return undefined;
  const [, parameters] = PARAMETERS.exec(Function.prototype.toString.call(method)) ?? [];
  return parameters?.replace(/\s+/g, " ").trim();
}
