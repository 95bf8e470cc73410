/** The actors of one app, by their stored names. */
import type { ActorClass } from "./actor";
import { type ActorDefinition, definitionOf } from "./definition";
import { InvalidDefinition, UnknownActor, UnknownMethod } from "./errors";
import type { MethodDefinition } from "./method-definition";
import { quote, shorten } from "./quote";

export class Registry {
  private readonly byName = new Map<string, ActorDefinition>();

  /** @throws InvalidDefinition for what is no list, a class that is no actor, or two of one name */
  constructor(actors: readonly ActorClass[]) {
    if (!Array.isArray(actors)) {
      throw new InvalidDefinition(
        `The actors (${quote(actors)}) are not a list of classes, such as [Counter].`,
        {
          option: "actors",
        },
      );
    }
    for (const type of actors) this.add(type);
  }

  /** Adds an actor; adding the same class again does nothing. */
  add(type: ActorClass): ActorDefinition {
    const definition = definitionOf(type);
    const existing = this.byName.get(definition.name);
    if (existing !== undefined && existing.type !== type) {
      throw new InvalidDefinition(
        `Two actors are named "${definition.name}". Give one of them another name: @Actor("…").`,
        { name: definition.name },
      );
    }
    this.byName.set(definition.name, definition);
    return definition;
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  get definitions(): ActorDefinition[] {
    return [...this.byName.values()];
  }

  /** @throws UnknownActor */
  actor(name: string): ActorDefinition {
    const definition = this.byName.get(name);
    if (definition !== undefined) return definition;
    throw new UnknownActor(`No actor is named ${quote(name)}. Known: ${this.names.join(", ") || "none"}.`, {
      field: "actor",
      value: shorten(name),
      known: this.names,
    });
  }
}

/** @throws UnknownMethod */
export function methodOf(definition: ActorDefinition, name: string): MethodDefinition {
  const method = definition.methods.get(name);
  if (method !== undefined) return method;
  const known = [...definition.methods.keys()];
  throw new UnknownMethod(
    `${definition.name} declares no method ${quote(name)}. Declared with @Method: ${known.join(", ")}.`,
    { field: "method", actor: definition.name, value: shorten(name), known },
  );
}
