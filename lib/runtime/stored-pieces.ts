/** The pieces of a large state as the store keeps them, parts of the actor; and the state that is read from them. */
import type { Address } from "../address";
import { CorruptState, StoreUnavailable } from "../errors";
import { isManifest, PIECE_PREFIX, parseManifest } from "../state/manifest";
import type { Piece } from "../state/pieces";
import type { Head, StoredState } from "../store";
import { decodeFields } from "../values/state-codec";
import type { Host } from "./host";
import { retrying } from "./retrying";

/** What it takes to read what is stored. */
type Reading = Pick<Host, "store" | "clock" | "random">;

/** A reader that comes upon a state that is changed again and again gives up after so many looks. */
const MAX_LOOKS = 10;

/** All that there are, also those that no head names. @throws StoreUnavailable */
export async function readPieces(host: Reading, address: Address): Promise<readonly Piece[]> {
  const parts = await retrying(host, () => host.store.readParts(address, PIECE_PREFIX));
  return parts.map(({ name, body }) => ({ name: name.slice(PIECE_PREFIX.length), text: body }));
}

/** Writes some, and removes others by name. @throws StoreUnavailable */
export async function writePieces(
  host: Host,
  address: Address,
  added: readonly Piece[],
  removed: readonly string[],
): Promise<void> {
  if (added.length + removed.length === 0) return;
  const parts = added.map(({ name, text }) => ({ name: PIECE_PREFIX + name, body: text }));
  const gone = removed.map((name) => PIECE_PREFIX + name);
  await retrying(host, () => host.store.writeParts(address, parts, gone));
}

/** Those that a head names, in its order; undefined when one of them is not there. @throws CorruptState */
export function namedBy(manifest: string, pieces: readonly Piece[]): readonly Piece[] | undefined {
  const byName = new Map(pieces.map((piece) => [piece.name, piece]));
  const named: Piece[] = [];
  for (const name of parseManifest(manifest)) {
    const piece = byName.get(name);
    if (piece === undefined) return undefined;
    named.push(piece);
  }
  return named;
}

/** @param state as the head has it */
export function joined(state: StoredState | undefined, pieces: readonly Piece[]): StoredState | undefined {
  if (state === undefined || pieces.length === 0) return state;
  return { text: pieces.map(({ text }) => text).join(""), schema: state.schema };
}

export function isReadable(state: StoredState | undefined): boolean {
  try {
    if (state !== undefined) decodeFields(state.text);
    return true;
  } catch {
    return false;
  }
}

export function missingPiece({ type, id }: Address): CorruptState {
  return new CorruptState("A part of the actor's state is missing. What is there was left as it is.", {
    actor: type,
    id,
    field: "state",
  });
}

/**
 * The state that a head names, for whoever does not hold the lease: meanwhile others may commit, and remove what they left behind.
 * @param warm a state that this process has, and its version
 * @returns the state, with the head that it belongs to
 * @throws CorruptState, StoreUnavailable
 */
export async function readState(
  host: Reading,
  address: Address,
  head: Head | undefined,
  warm?: { readonly version: number; readonly state: { readonly saved: StoredState | undefined } },
): Promise<{ readonly head: Head | undefined; readonly state: StoredState | undefined }> {
  let seen = head;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const state = seen?.state;
    if (state === undefined || !isManifest(state.text)) return { head: seen, state };
    if (seen?.version === warm?.version) return { head: seen, state: warm?.state.saved };
    const pieces = namedBy(state.text, await readPieces(host, address));
    if (pieces !== undefined) return { head: seen, state: joined(state, pieces) };
    const before = seen?.version;
    seen = await host.store.read(address, { consistent: true });
    if (seen?.version === before) throw missingPiece(address);
  }
  throw new StoreUnavailable("The state was changed each time that it was read.", {
    actor: address.type,
    id: address.id,
    looks: MAX_LOOKS,
  });
}
