/** Splits what one request cannot carry. */

/** Consecutive chunks of at most `maxCount` items; with `bytesOf`, of at most `maxBytes` where one item is not more. */
export function* chunks<T>(
  items: readonly T[],
  maxCount: number,
  maxBytes = Number.POSITIVE_INFINITY,
  bytesOf: (item: T) => number = () => 0,
): Generator<T[]> {
  let chunk: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const itemBytes = bytesOf(item);
    if (chunk.length === maxCount || (chunk.length > 0 && bytes + itemBytes > maxBytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += itemBytes;
  }
  if (chunk.length > 0) yield chunk;
}
