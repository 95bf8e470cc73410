/**
 * Where in a value something is, as a person would write it: `state.items[3].price`, `args[0].tags["a b"]`, and for the
 * entries of a Map `state.byId(key 2)`. Kept as a linked list while walking, so that it costs nothing unless an error
 * needs it.
 */
export interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number | symbol;
  /** The key is a description, not a key. */
  readonly isLabel?: boolean;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Longer paths lose their middle: keys come from outside, and may be of any length. */
const MAX_PATH_LENGTH = 1_000;

export function formatPath(path: Path): string {
  const whole = wholePath(path);
  if (whole.length <= MAX_PATH_LENGTH) return whole;
  return `${whole.slice(0, 700)}…${whole.slice(-200)}`.toWellFormed();
}

function wholePath({ parent, key, isLabel }: Path): string {
  if (parent === undefined) return String(key);
  const outer = wholePath(parent);
  if (isLabel) return `${outer}(${String(key)})`;
  if (typeof key !== "string") return `${outer}[${String(key)}]`;
  return IDENTIFIER.test(key) ? `${outer}.${key}` : `${outer}[${JSON.stringify(key)}]`;
}
