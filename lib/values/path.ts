/**
 * Where in a value something is, as a person would write it: `state.items[3].price`, `args[0].tags["a b"]`.
 * Kept as a linked list while walking, so that it costs nothing unless an error needs it.
 */
export interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number | symbol;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export function formatPath(path: Path): string {
  const { parent, key } = path;
  if (parent === undefined) return String(key);
  if (typeof key === "number") return `${formatPath(parent)}[${key}]`;
  if (typeof key === "symbol") return `${formatPath(parent)}[${String(key)}]`;
  if (key.startsWith("(")) return `${formatPath(parent)}${key}`;
  return IDENTIFIER.test(key)
    ? `${formatPath(parent)}.${key}`
    : `${formatPath(parent)}[${JSON.stringify(key)}]`;
}
