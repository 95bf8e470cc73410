/**
 * An actor's state during an activation: where the head says it is, and what the next commit writes of it. A small state is in the
 * head; of a large one the head only names the pieces, which are parts beside it.
 *
 *     pieces that are new ─► parts ─► commit: the head names them ─► the old ones are garbage: removed with the next write
 *
 * A piece is written once, before the head names it, and never changed. What no head names can therefore be removed by anybody:
 * the pieces of a commit that never came are found by whoever reads the state. Before the first one is written, the head is marked
 * as having pieces, and the mark is taken away when there are none: so they are looked for also while the state is in the head.
 */
import type { Address } from "../address";
import { fenceOfPiece, formatManifest, isManifest, parseManifest, pieceName } from "../state/manifest";
import { cut, type Piece } from "../state/pieces";
import type { Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";
import {
  isReadable,
  joined,
  missingPiece,
  namedBy,
  readPieces,
  readState,
  writePieces,
} from "./stored-pieces";

/** A state of more bytes than this leaves the head. */
const MAX_INLINE_BYTES = 4_096;
/** One that shrinks to less than this comes back: so none goes to and fro. */
const INLINE_AGAIN_BYTES = 2_048;
/** So much garbage goes along with the pieces of the next commit in one request; more of it is removed at once. */
const MAX_GARBAGE = 16;

/** Notes in the head that there may be pieces beside it. @throws FencedError, StoreUnavailable */
export type Mark = () => Promise<void>;

/** By what right it is written. */
interface Right {
  readonly fence: number;
  readonly mark: Mark;
}

/** The state as the next commit writes it. */
export interface StateDraft {
  /** For the head; `null` when there is no state any more. */
  readonly text: string | null;
  readonly state: StoredState | undefined;
  readonly pieces: readonly Piece[];
}

/**
 * What a process knows of the state of a version. It stays in memory when the activation is gone: nothing in it may lead back to that,
 * and so from each activation to the one before.
 */
export interface KnownState {
  readonly saved: StoredState | undefined;
  readonly pieces: readonly Piece[];
  readonly garbage: readonly string[];
  /** There are no other pieces than those two know, as long as nobody else has held the lease since this fence. */
  readonly knowsAll: boolean;
  readonly fence: number;
}

export class ActorState {
  /** Numbers the pieces that are written at this fence. */
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
    /** There are no other pieces than those two know. */
    private knowsAll: boolean,
  ) {}

  /**
   * The state of a head, as somebody has it who commits at a fence; a promise only when some of it is beside the head. There is nothing
   * there unless that one holds the lease.
   * @param mark takes the lease, if it is not held
   * @param warm what this process knows of the same version
   * @throws CorruptState, StoreUnavailable
   */
  static load(
    host: Host,
    address: Address,
    head: Head,
    { fence, mark }: Right,
    warm?: KnownState,
  ): Promise<ActorState> | ActorState {
    const { state, hasPieces } = head;
    if (hasPieces || isLarge(state)) return ActorState.loadPieces(host, address, head, { fence, mark }, warm);
    const { saved = state, garbage = [] } = warm ?? {};
    return new ActorState(host, address, fence, mark, false, saved, [], garbage, true);
  }

  private static async loadPieces(
    host: Host,
    address: Address,
    { state, hasPieces }: Head,
    { fence, mark }: Right,
    warm: KnownState | undefined,
  ): Promise<ActorState> {
    const mustRead = !warm?.pieces.length;
    const found = mustRead ? await readPieces(host, address) : [];
    const pieces = warm?.pieces ?? (isLarge(state) ? namedBy(state.text, found) : []);
    if (pieces === undefined) throw missingPiece(address);
    const loaded = warm === undefined ? joined(state, pieces) : warm.saved;
    const garbage = mustRead ? unnamed(found, pieces, fence) : (warm?.garbage ?? []);
    const knowsAll = mustRead || (warm.knowsAll && warm.fence === fence - 1);
    const actor = new ActorState(host, address, fence, mark, hasPieces, loaded, pieces, garbage, knowsAll);
    // What the head says may be wrong: nothing that it should have named is removed then.
    if (actor.mustTidyAfter(undefined) && !isReadable(loaded)) actor.leaveAlone();
    return actor;
  }

  /** As of the last commit. */
  get saved(): StoredState | undefined {
    return this.current;
  }

  get known(): KnownState {
    const { current: saved, pieces, garbage, knowsAll, fence } = this;
    return { saved, pieces, garbage, knowsAll, fence };
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

  /** What the next commit writes. Writes beside the head, first, what is to be there; a promise only then. */
  draft(state: StoredState | undefined): Promise<StateDraft> | StateDraft {
    const bytes = state === undefined ? 0 : Buffer.byteLength(state.text);
    const isInline = bytes <= (this.pieces.length > 0 ? INLINE_AGAIN_BYTES : MAX_INLINE_BYTES);
    if (state === undefined || isInline) return { text: state?.text ?? null, state, pieces: [] };
    return this.draftPieces(state);
  }

  private async draftPieces(state: StoredState): Promise<StateDraft> {
    // Only the schema may have changed.
    const pieces = cut(state.text, this.pieces, () => pieceName(this.fence, this.written++));
    const known = new Set(this.pieces);
    const added = pieces.filter((piece) => !known.has(piece));
    if (!this.isMarked) await this.mark();
    this.isMarked = true;
    this.drafted = added.map(({ name }) => name);
    await this.write(added);
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
      if (this.pieces.length === 0 && !this.knowsAll) await this.lookForMore();
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
      await this.write([]);
    } catch (thrown) {
      this.warn(thrown);
    }
  }

  /** Whoever held the lease meanwhile without a commit can have left some: nobody else will look once the mark is gone. */
  private async lookForMore(): Promise<void> {
    const { host, address, fence, garbage } = this;
    const more = unnamed(await readPieces(host, address), [], fence);
    this.garbage = [...new Set([...garbage, ...more])];
    this.knowsAll = true;
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

  private async write(added: readonly Piece[]): Promise<void> {
    await writePieces(this.host, this.address, added, this.garbage);
    this.garbage = [];
  }
}

/** True for a state of which the head has only the names of its pieces. */
function isLarge(state: StoredState | undefined): state is StoredState {
  return state !== undefined && isManifest(state.text);
}

/** The names of those that a head does not name. One of a later lease may be in use: then the own one is lost. */
function unnamed(found: readonly Piece[], pieces: readonly Piece[], fence: number): readonly string[] {
  const named = new Set(pieces.map(({ name }) => name));
  const isGarbage = (name: string) => !named.has(name) && (fenceOfPiece(name) ?? fence) < fence;
  return found.map(({ name }) => name).filter(isGarbage);
}
