/**
 * Which classes class-transformer's `@Type` declares for nested objects. It asks class-transformer through its
 * public functions alone: its registry is reachable only by a deep import, which a bundler that prefers
 * `module` over `main` resolves to a second, empty registry.
 */
import { InvalidDefinition } from "../errors";
import type { AnyClass } from "../metadata";

/** Loaded when the first nested object is met: flat states do without. */
function transformer(): typeof import("class-transformer") {
  return require("class-transformer") as typeof import("class-transformer");
}

export type NestedClass = new () => object;

interface Declaration {
  readonly base: NestedClass;
  /** The property that names the subtype, when the declaration has a discriminator. */
  readonly discriminator: string | undefined;
}

const declarations = new WeakMap<AnyClass, Map<string, Declaration | undefined>>();
const probes = new WeakMap<AnyClass, NestedClass>();

/** What `@Type` declares for a field, or undefined. The answer is looked up once per class and field. */
export function declarationOf(owner: AnyClass, field: string): Declaration | undefined {
  let known = declarations.get(owner);
  if (known === undefined) {
    known = new Map();
    declarations.set(owner, known);
  }
  if (!known.has(field)) known.set(field, findDeclaration(owner, field));
  return known.get(field);
}

/** The class of which `plain`, found under `field`, is the data. */
export function classOf(
  owner: AnyClass,
  field: string,
  plain: Readonly<Record<string, unknown>>,
): NestedClass | undefined {
  const declaration = declarationOf(owner, field);
  if (declaration?.discriminator === undefined) return declaration?.base;
  const { discriminator } = declaration;
  return instantiatedClass(owner, field, { [discriminator]: plain[discriminator] });
}

/**
 * The discriminator's property and name for `instance` under `field`, or `{}` without a discriminator.
 * Undefined when the instance's class is not declared there, so that its data would come back as something else.
 */
export function discriminatorOf(
  owner: AnyClass,
  field: string,
  instance: object,
): Record<string, unknown> | undefined {
  const declaration = declarationOf(owner, field);
  if (declaration === undefined) return undefined;
  if (declaration.discriminator === undefined)
    return classOfInstance(instance) === declaration.base ? {} : undefined;
  try {
    const holder = new (probeOf(owner))() as Record<string, unknown>;
    holder[field] = Object.create(Object.getPrototypeOf(instance) as object);
    const plain = transformer().instanceToPlain(holder) as Record<string, Record<string, unknown>>;
    const name = plain[field]?.[declaration.discriminator];
    return classOf(owner, field, { [declaration.discriminator]: name }) === classOfInstance(instance)
      ? { [declaration.discriminator]: name }
      : undefined;
  } catch {
    // class-transformer finds no subtype for this class and fails with an untyped error.
    return undefined;
  }
}

function findDeclaration(owner: AnyClass, field: string): Declaration | undefined {
  // class-transformer asks `property in value` only to read a discriminator.
  let discriminator: string | undefined;
  const spy = new Proxy(
    {},
    {
      has(_target, key) {
        if (typeof key === "string") discriminator = key;
        return false;
      },
    },
  );
  const base = instantiatedClass(owner, field, spy);
  return base === undefined ? undefined : { base, discriminator };
}

/** @throws InvalidDefinition when the declared class cannot be made without arguments */
function instantiatedClass(owner: AnyClass, field: string, plain: object): NestedClass | undefined {
  let made: unknown;
  try {
    made = (transformer().plainToInstance(probeOf(owner), { [field]: plain }) as Record<string, unknown>)[
      field
    ];
  } catch (cause) {
    throw new InvalidDefinition(
      `The class that @Type declares for ${owner.name}.${field} cannot be made without arguments: ${(cause as Error).message}.`,
      { class: owner.name, field },
      cause,
    );
  }
  if (typeof made !== "object" || made === null) return undefined;
  const type = classOfInstance(made);
  return BUILT_IN.has(type) ? undefined : type;
}

/** Not its `constructor`: that may be a field. */
export function classOfInstance(instance: object): NestedClass {
  return (Object.getPrototypeOf(instance) as { constructor: NestedClass }).constructor;
}

const BUILT_IN: ReadonlySet<unknown> = new Set([Object, Array, Map, Set, Date, Uint8Array, Buffer, Promise]);

/** A class with the declarations of `owner` whose construction runs nothing of `owner`. */
function probeOf(owner: AnyClass): NestedClass {
  let probe = probes.get(owner);
  if (probe === undefined) {
    probe = class {};
    Object.setPrototypeOf(probe, owner);
    probes.set(owner, probe);
  }
  return probe;
}
