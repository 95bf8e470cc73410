/**
 * What the head says of a state that is kept beside it: the names of its pieces, in their order. A name is the fence of the lease
 * under which the piece was written, and a number: no two processes ever write the same one. It stands where a small state has its
 * text, and begins with `#`, which no encoded state does; code that does not know it takes the state for corrupt and leaves it alone.
 *
 *     #7.0-4,9.0,7.6        pieces 0 to 4 of fence 7, piece 0 of fence 9, piece 6 of fence 7; all in base 36
 */
import { CorruptState } from "../errors";

/** The parts of all pieces of all states begin with this. */
export const PIECE_PREFIX = "STATE#";

const ENTRY = /^([0-9a-z]{1,11})\.([0-9a-z]{1,6})(?:-([0-9a-z]{1,6}))?$/;
/** More is not what this package wrote. */
const MAX_PIECES = 100_000;

export function pieceName(fence: number, index: number): string {
  return `${fence.toString(36)}.${index.toString(36)}`;
}

/** The fence under which a piece was written; undefined for what is no name of a piece. */
export function fenceOfPiece(name: string): number | undefined {
  const [, fence, , last] = ENTRY.exec(name) ?? [];
  return fence === undefined || last !== undefined ? undefined : Number.parseInt(fence, 36);
}

export function isManifest(text: string): boolean {
  return text.startsWith("#");
}

export function formatManifest(names: readonly string[]): string {
  const runs: { fence: string; first: number; last: number }[] = [];
  for (const name of names) {
    const [fence, number] = name.split(".") as [string, string];
    const index = Number.parseInt(number, 36);
    const run = runs.at(-1);
    if (run?.fence === fence && run.last + 1 === index) run.last = index;
    else runs.push({ fence, first: index, last: index });
  }
  const entries = runs.map(({ fence, first, last }) => {
    const name = `${fence}.${first.toString(36)}`;
    return first === last ? name : `${name}-${last.toString(36)}`;
  });
  return `#${entries.join(",")}`;
}

/** @throws CorruptState */
export function parseManifest(text: string): readonly string[] {
  const names: string[] = [];
  for (const entry of text.slice(1).split(",")) {
    const [, fence, first, last = first] = ENTRY.exec(entry) ?? [];
    if (fence === undefined || first === undefined || last === undefined) throw corrupt();
    const [from, to] = [Number.parseInt(first, 36), Number.parseInt(last, 36)];
    if (to < from || names.length + to - from >= MAX_PIECES) throw corrupt();
    for (let index = from; index <= to; index++) names.push(`${fence}.${index.toString(36)}`);
  }
  return names;
}

function corrupt(): CorruptState {
  return new CorruptState("The head's list of the parts of the state cannot be read. It was left as it is.", {
    field: "state",
  });
}
