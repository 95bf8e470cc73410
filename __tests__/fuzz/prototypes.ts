/** What every value inherits from, and whether it still is what it was. Nothing is frozen: that would hide an attempt. */
import { Finding } from "./finding";

const GUARDED: ReadonlyMap<string, object> = new Map(
  Object.entries({
    Object,
    Array,
    Function,
    String,
    Number,
    Boolean,
    BigInt,
    Symbol,
    Date,
    RegExp,
    Map,
    Set,
    WeakMap,
    Promise,
    Error,
    TypeError,
    Uint8Array,
    Buffer,
  }).flatMap(([name, type]): [string, object][] => [
    [name, type],
    [`${name}.prototype`, type.prototype as object],
  ]),
);

type Shape = ReadonlyMap<PropertyKey, PropertyDescriptor>;

/** As they are when the first campaign begins: what is loaded before that may add what the language lacks. */
let before: ReadonlyMap<string, Shape> | undefined;

export function rememberPrototypes(): void {
  before ??= new Map(Array.from(GUARDED, ([name, holder]) => [name, shapeOf(holder)]));
}

/** @throws Finding when something was added, changed or taken away; it is put right again */
export function checkPrototypes(): void {
  const changes = Array.from(GUARDED, ([name, holder]) => changesOf(name, holder)).flat();
  if (changes.length > 0) throw new Finding("pollution", `changed: ${changes.join(", ")}`);
}

function changesOf(name: string, holder: object): string[] {
  const shape = before?.get(name) ?? shapeOf(holder);
  const changes: string[] = [];
  for (const key of Reflect.ownKeys(holder)) {
    const was = shape.get(key);
    if (was !== undefined && isSame(was, Object.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor))
      continue;
    changes.push(`${name}.${String(key)}`);
    if (was === undefined) Reflect.deleteProperty(holder, key);
    else Object.defineProperty(holder, key, was);
  }
  for (const [key, was] of shape) {
    if (Object.hasOwn(holder, key)) continue;
    changes.push(`${name}.${String(key)}`);
    Object.defineProperty(holder, key, was);
  }
  return changes;
}

function shapeOf(holder: object): Shape {
  return new Map(
    Reflect.ownKeys(holder).map((key) => [
      key,
      Object.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor,
    ]),
  );
}

function isSame(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return Object.is(one.value, other.value) && one.get === other.get && one.set === other.set;
}
