/**
 * Cuts the text of a large state into pieces that are kept beside the head, each a part of its own, so that a commit writes only
 * those that have changed.
 *
 *     before:  │ a │ b │ c │ d │ e │          what is the same text as before stays the same piece, wherever it stands now;
 *     text:    │ a │ b'  │ c │ d │ e'│        what is new between two such pieces is cut anew
 *
 * The pieces are found again by their own text, not by a hash at chosen places: what has not changed is compared as fast as memory
 * can be, and each edit costs the one or two pieces in which it lies.
 */

/** A stretch of the text. Joined in their order, the pieces are the text. */
export interface Piece {
  readonly name: string;
  readonly text: string;
}

/** With its key, such a piece just fits into one write unit of DynamoDB. */
const MIN_TARGET_BYTES = 800;
/** Of three bytes a character, the densest text, a piece still fits into a part. */
const MAX_TARGET_BYTES = 128 * 1_024;
/** The head names them all: with more of them it would cost more than they save. */
const PIECES = 112;
/** A piece may grow by so much before it is divided. */
const GROWTH = 1.2;
/** A smaller share of a piece is not worth a name of its own. */
const SCRAP = 0.25;
/** With so many times the pieces that a text should have, or with one of so many times the size, all of it is cut anew. */
const TOO_MANY = 2;
const TOO_LARGE = 4;

/**
 * Cuts `text` into pieces.
 * @param before the pieces of the text before, of which as many as possible are used again
 * @param newName names the next new piece
 */
export function cut(text: string, before: readonly Piece[], newName: () => string): readonly Piece[] {
  const bytes = Buffer.byteLength(text);
  const targetBytes = Math.min(Math.max(bytes / PIECES, MIN_TARGET_BYTES), MAX_TARGET_BYTES);
  const target = Math.max(1, Math.floor((targetBytes * text.length) / bytes));
  const kept = piecesAgain(text, before, target);
  const isOutOfShape =
    kept.length > Math.ceil(text.length / target) * TOO_MANY + 1 ||
    kept.some((stretch) => lengthOf(stretch) > target * TOO_LARGE);
  const stretches = before.length === 0 || isOutOfShape ? divide(text, target) : kept;
  return stretches.map((stretch) =>
    typeof stretch === "string" ? { name: newName(), text: stretch } : stretch,
  );
}

/** The pieces that occur in the text again, in their order, and the stretches of new text between them. */
function piecesAgain(text: string, before: readonly Piece[], target: number): readonly (Piece | string)[] {
  const found: (Piece | string)[] = [];
  let position = 0;
  let next = 0;
  while (position < text.length) {
    const piece = before[next];
    if (piece !== undefined && text.startsWith(piece.text, position)) {
      found.push(piece);
      position += piece.text.length;
      next++;
      continue;
    }
    const anchor = nextAnchor(text, position, before, next);
    let start = position;
    // A scrap joins the one before it.
    if (anchor.position - start < target * SCRAP) start -= lengthOf(found.pop());
    found.push(...divide(text.slice(start, anchor.position), target));
    position = anchor.position;
    next = anchor.index;
  }
  return found;
}

function lengthOf(stretch: Piece | string | undefined): number {
  return typeof stretch === "object" ? stretch.text.length : (stretch ?? "").length;
}

/** The next piece of those before that stands in the text further on, and where; or the end of both. */
function nextAnchor(
  text: string,
  position: number,
  before: readonly Piece[],
  from: number,
): { readonly position: number; readonly index: number } {
  for (let index = from; index < before.length; index++) {
    const found = text.indexOf((before[index] as Piece).text, position);
    if (found !== -1) return { position: found, index };
  }
  return { position: text.length, index: before.length };
}

/** Whole stretches, and what is left over as the last: so what grows at its end leaves full ones behind. */
function divide(text: string, target: number): string[] {
  const stretches: string[] = [];
  let start = 0;
  while (text.length - start > target * GROWTH) {
    const left = text.length - start;
    // No scrap at the end.
    const size = left < target * (1 + SCRAP) ? Math.ceil(left / 2) : target;
    const end = isWithinCharacter(text, start + size) ? start + size + 1 : start + size;
    stretches.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) stretches.push(text.slice(start));
  return stretches;
}

/** Half of a surrogate pair is no text. */
function isWithinCharacter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}
