/**
 * An actor's state while its lease is held: where the head says it is, and what the next commit writes of it. A small state is in the
 * head; of a large one the head only names the pieces, which are parts beside it.
 *
 *     pieces that are new ─► parts ─► commit: the head names them ─► the old ones are garbage: removed with the next write
 *
 * A piece is written once, before the head names it, and never changed. What no head names can therefore be removed by anybody:
 * the pieces of a commit that never came are found by whoever reads the state. Before the first one is written, the head is marked
 * as having pieces, and the mark is taken away when there are none: so they are looked for also while the state is in the head.
 */
import type { Address } from "../address";
import { CorruptState, StoreUnavailable } from "../errors";
import {
  fenceOfPiece,
  formatManifest,
  isManifest,
  PIECE_PREFIX,
  parseManifest,
  pieceName,
} from "../state/manifest";
import { cut, type Piece } from "../state/pieces";
import type { Head, Part, StoredState } from "../store";
import { decodeFields } from "../values/state-codec";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";
import { retrying } from "./retrying";

/** A state of more bytes than this leaves the head. */
const MAX_INLINE_BYTES = 4_096;
/** One that shrinks to less than this comes back: so none goes to and fro. */
const INLINE_AGAIN_BYTES = 2_048;
/** So much garbage goes along with the pieces of the next commit in one request; more of it is removed at once. */
const MAX_GARBAGE = 16;
/** A reader that comes upon a state that is changed again and again gives up after so many looks. */
const MAX_LOOKS = 10;

/** Notes in the head that there may be pieces beside it. @throws FencedError, StoreUnavailable */
export type Mark = () => Promise<void>;

/** The state as the next commit writes it. */
export interface StateDraft {
  /** For the head; `null` when there is no state any more. */
  readonly text: string | null;
  readonly state: StoredState | undefined;
  readonly pieces: readonly Piece[];
}

export class ActorState {
  /** Numbers the pieces that are written under this lease. */
  private written = 0;
  /** True when nothing is beside the head any more: it need not say that there may be. */
  isTidied = false;
  /** Pieces that were written for a commit that is not known to have come. */
  private drafted: readonly string[] = [];
  /** There may be garbage, but the state cannot be read: whoever comes later looks again. */
  private isLeftAlone = false;

  private constructor(
    private readonly host: Host,
    private readonly address: Address,
    private readonly fence: number,
    private readonly mark: Mark,
    /** The head says that there may be pieces. */
    private isMarked: boolean,
    private current: StoredState | undefined,
    private pieces: readonly Piece[],
    /** The names of pieces that no head names any more. */
    private garbage: readonly string[],
  ) {}

  /**
   * The state of a head whose lease was just taken.
   * @param warm what this process knows of the same version
   * @throws CorruptState, StoreUnavailable
   */
  static async load(
    host: Host,
    address: Address,
    head: Head,
    mark: Mark,
    warm?: ActorState,
  ): Promise<ActorState> {
    const { fence, state, hasPieces } = head;
    const isLarge = state !== undefined && isManifest(state.text);
    const mustRead = (hasPieces || isLarge) && !warm?.pieces.length;
    const parts = mustRead ? await retrying(host, () => host.store.readParts(address, PIECE_PREFIX)) : [];
    const pieces = warm?.pieces ?? (isLarge ? piecesOf(state.text, parts) : []);
    if (pieces === undefined) throw missing(address);
    const loaded = warm === undefined ? joined(state, pieces) : warm.current;
    const named = new Set(pieces.map(({ name }) => name));
    // Of a later lease: then this one is lost, and what looks like garbage may be in use.
    const isGarbage = (name: string) => !named.has(name) && (fenceOfPiece(name) ?? fence) < fence;
    const garbage = mustRead ? parts.map(nameOf).filter(isGarbage) : (warm?.garbage ?? []);
    const actor = new ActorState(host, address, fence, mark, hasPieces, loaded, pieces, garbage);
    // What the head says may be wrong: nothing that it should have named is removed then.
    if (actor.mustTidyAfter(undefined) && !isReadable(loaded)) actor.leaveAlone();
    return actor;
  }

  /** How many bytes it has, near enough: characters of JSON are mostly one. */
  get bytes(): number {
    return this.current?.text.length ?? 0;
  }

  /** As of the last commit. */
  get saved(): StoredState | undefined {
    return this.current;
  }

  /**
   * True when a commit leaves more behind than the next one's pieces can take along; or anything, when that has none.
   * @param draft of the commit, when it changes the state
   */
  mustTidyAfter(draft: StateDraft | undefined): boolean {
    const { pieces = this.pieces } = draft ?? {};
    if (pieces.length === 0) return this.isMarked && !this.isLeftAlone;
    return this.garbage.length + (draft === undefined ? 0 : this.leftBy(draft).length) > MAX_GARBAGE;
  }

  /** True when all of the actor's state is in its head after a commit. @param draft of the commit, when it changes the state */
  isWholeAfter(draft: StateDraft | undefined): boolean {
    const { pieces = this.pieces } = draft ?? {};
    return pieces.length === 0 && !this.isMarked;
  }

  /** What the next commit writes. Writes beside the head what is to be there first. */
  async draft(state: StoredState | undefined): Promise<StateDraft> {
    const bytes = state === undefined ? 0 : Buffer.byteLength(state.text);
    const isInline = bytes <= (this.pieces.length > 0 ? INLINE_AGAIN_BYTES : MAX_INLINE_BYTES);
    if (state === undefined || isInline) return { text: state?.text ?? null, state, pieces: [] };
    // Only the schema may have changed.
    const pieces = cut(state.text, this.pieces, () => pieceName(this.fence, this.written++));
    const known = new Set(this.pieces);
    const added = pieces.filter((piece) => !known.has(piece));
    if (!this.isMarked) await this.mark();
    this.isMarked = true;
    this.drafted = added.map(({ name }) => name);
    await this.write(added.map(partOf));
    return { text: formatManifest(pieces.map(({ name }) => name)), state, pieces };
  }

  /** After a draft was committed. */
  keep(draft: StateDraft): void {
    this.garbage = [...this.garbage, ...this.leftBy(draft)];
    this.current = draft.state;
    this.pieces = draft.pieces;
    this.drafted = [];
  }

  /** Removes what no head names, if it must be now. Never rejects: whoever comes next tries again. */
  async tidy(): Promise<void> {
    if (!this.mustTidyAfter(undefined)) return;
    try {
      await this.write([]);
      if (this.pieces.length > 0) return;
      this.isMarked = false;
      this.isTidied = true;
    } catch (thrown) {
      this.warn(thrown);
    }
  }

  private warn(thrown: unknown): void {
    const { host, address } = this;
    const { code, message: reason } = asDurableError(thrown);
    host.log.warn("parts not removed", { actor: address.type, actorId: address.id, code, reason });
  }

  /**
   * Removes the pieces of a refused commit, but for those that the head names all the same: the commit had come. Never rejects:
   * whoever reads the state next comes upon them.
   */
  async discard(current: Head | undefined): Promise<void> {
    const { host, address, drafted } = this;
    if (drafted.length === 0) return;
    this.drafted = this.pieces = this.garbage = [];
    try {
      const { head, state } = await readState(host, address, current);
      if (!isReadable(state)) return;
      const text = head?.state?.text ?? "";
      const named = new Set(isManifest(text) ? parseManifest(text) : []);
      this.garbage = drafted.filter((name) => !named.has(name));
    } catch (thrown) {
      this.warn(thrown);
    }
    await this.tidy();
  }

  private leaveAlone(): void {
    this.garbage = [];
    this.isLeftAlone = true;
  }

  /** The pieces that a draft names no longer. */
  private leftBy({ pieces }: StateDraft): readonly string[] {
    const named = new Set(pieces);
    return this.pieces.filter((piece) => !named.has(piece)).map(({ name }) => name);
  }

  private async write(parts: readonly Part[]): Promise<void> {
    const { host, address, garbage } = this;
    if (parts.length + garbage.length === 0) return;
    const removed = garbage.map(partName);
    await retrying(host, () => host.store.writeParts(address, parts, removed));
    this.garbage = [];
  }
}

/**
 * The state that a head names, for whoever does not hold the lease: meanwhile others may commit, and remove what they left behind.
 * @param warm a state that this process has, and its version
 * @returns the state, with the head that it belongs to
 * @throws CorruptState, StoreUnavailable
 */
export async function readState(
  host: Host,
  address: Address,
  head: Head | undefined,
  warm?: { readonly version: number; readonly state: ActorState },
): Promise<{ readonly head: Head | undefined; readonly state: StoredState | undefined }> {
  let seen = head;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const state = seen?.state;
    if (state === undefined || !isManifest(state.text)) return { head: seen, state };
    if (seen?.version === warm?.version) return { head: seen, state: warm?.state.saved };
    const pieces = piecesOf(state.text, await host.store.readParts(address, PIECE_PREFIX));
    if (pieces !== undefined) return { head: seen, state: joined(state, pieces) };
    const before = seen?.version;
    seen = await host.store.read(address, { consistent: true });
    if (seen?.version === before) throw missing(address);
  }
  throw new StoreUnavailable("The state was changed each time that it was read.", {
    actor: address.type,
    id: address.id,
    looks: MAX_LOOKS,
  });
}

/** Undefined when one of them is not there. */
function piecesOf(manifest: string, parts: readonly Part[]): readonly Piece[] | undefined {
  const texts = new Map(parts.map((part) => [nameOf(part), part.body]));
  const pieces: Piece[] = [];
  for (const name of parseManifest(manifest)) {
    const text = texts.get(name);
    if (text === undefined) return undefined;
    pieces.push({ name, text });
  }
  return pieces;
}

function joined(state: StoredState | undefined, pieces: readonly Piece[]): StoredState | undefined {
  if (state === undefined || pieces.length === 0) return state;
  return { text: pieces.map(({ text }) => text).join(""), schema: state.schema };
}

function isReadable(state: StoredState | undefined): boolean {
  try {
    if (state !== undefined) decodeFields(state.text);
    return true;
  } catch {
    return false;
  }
}

function partOf({ name, text }: Piece): Part {
  return { name: partName(name), body: text };
}

function partName(name: string): string {
  return `${PIECE_PREFIX}${name}`;
}

function nameOf({ name }: Part): string {
  return name.slice(PIECE_PREFIX.length);
}

function missing({ type, id }: Address): CorruptState {
  return new CorruptState("A part of the actor's state is missing. What is there was left as it is.", {
    actor: type,
    id,
    field: "state",
  });
}
