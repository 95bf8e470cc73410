/** How a large state is cut: what must hold for any text, and what edits cost. */
import fc from "fast-check";
import { formatManifest, isManifest, parseManifest, pieceName } from "../../lib/state/manifest";
import { cut, type Piece } from "../../lib/state/pieces";

const seed = Number(process.env.DURABLE_TEST_SEED ?? 1);

/** Cuts texts one after another, each under a lease of its own. */
class Cutter {
  pieces: readonly Piece[] = [];
  private fence = 0;

  next(text: string): { readonly added: readonly Piece[]; readonly gone: readonly Piece[] } {
    const fence = ++this.fence;
    let index = 0;
    const before = this.pieces;
    this.pieces = cut(text, before, () => pieceName(fence, index++));
    const [was, is] = [new Set(before), new Set(this.pieces)];
    return {
      added: this.pieces.filter((piece) => !was.has(piece)),
      gone: before.filter((piece) => !is.has(piece)),
    };
  }

  get text(): string {
    return this.pieces.map(({ text }) => text).join("");
  }

  get largest(): number {
    return Math.max(...this.pieces.map(({ text }) => Buffer.byteLength(text)));
  }
}

/** Some lines of what a state may look like, of about `bytes` bytes. */
function stateOf(bytes: number): { id: string; note: string; n: number }[] {
  const lines: { id: string; note: string; n: number }[] = [];
  for (let size = 0; size < bytes; size += 100) {
    lines.push({ id: `line-${size}`, note: "x".repeat(60), n: size });
  }
  return lines;
}

describe("any text", () => {
  const words = fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 300 }), { maxLength: 60 });

  it("comes back, whatever was there before; every piece is well-formed and has a name of its own", () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 6 }), (texts) => {
        const cutter = new Cutter();
        for (const text of texts.map((some) => some.join(""))) {
          cutter.next(text);
          expect(cutter.text).toBe(text);
          expect(cutter.pieces.every((piece) => piece.text !== "" && piece.text.isWellFormed())).toBe(true);
          const names = cutter.pieces.map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          if (names.length > 0) expect(parseManifest(formatManifest(names))).toEqual(names);
        }
      }),
      { seed, numRuns: 300, examples: [[[["😀".repeat(3_000)], ["a", "😀".repeat(3_000)]]]] },
    );
  });

  it("keeps the pieces that it shares with the text before, in any order of insertions, deletions and changes", () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(80),
      by: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 30 }), (edits) => {
        const cutter = new Cutter();
        let text = JSON.stringify(stateOf(60_000));
        cutter.next(text);
        for (const { at, length, by } of edits) {
          const start = Math.floor(at * (text.length - length));
          text = text.slice(0, start) + by + text.slice(start + length);
          const { added } = cutter.next(text);
          expect(cutter.text).toBe(text);
          // The piece in which it lies, and a neighbour or two where it meets a border.
          expect(added.length).toBeLessThanOrEqual(3);
        }
      }),
      { seed, numRuns: 100 },
    );
  });
});

describe("a changed field", () => {
  it("in a state of 100 KB costs one piece of one write unit", () => {
    const cutter = new Cutter();
    const lines = stateOf(95_000);
    cutter.next(JSON.stringify({ count: 0, lines }));
    expect(cutter.largest).toBeLessThan(1_000);
    for (let count = 1; count < 200; count++) {
      const line = lines[(count * 37) % lines.length] as { n: number };
      line.n = count * 1_000;
      const { added, gone } = cutter.next(JSON.stringify({ lines, end: true }));
      if (count > 1) expect([added.length, gone.length].every((pieces) => pieces <= 2)).toBe(true);
    }
    expect(cutter.pieces.length).toBeLessThan(130);
  });

  it("in each of many places costs as many pieces", () => {
    const cutter = new Cutter();
    const lines = stateOf(95_000);
    cutter.next(JSON.stringify(lines));
    for (const index of [5, 400, 800]) (lines[index] as { n: number }).n = -1;
    expect(cutter.next(JSON.stringify(lines)).added).toHaveLength(3);
  });

  it("that does not fit into any piece of a small state costs all of them, and no more", () => {
    const cutter = new Cutter();
    cutter.next("a".repeat(5_000));
    const { added, gone } = cutter.next("b".repeat(5_000));
    expect([added.length, gone.length]).toEqual([7, 7]);
  });
});

describe("a state that grows", () => {
  it("at its end writes what is new, and all of it anew only now and then", () => {
    const cutter = new Cutter();
    const lines: object[] = [];
    let written = 0;
    for (let count = 0; count < 2_000; count++) {
      lines.push({ count, text: `message ${count * 7_919}`, by: "somebody" });
      written += cutter
        .next(JSON.stringify({ lines, end: true }))
        .added.reduce((sum, { text }) => sum + text.length, 0);
    }
    const size = cutter.text.length;
    expect(size).toBeGreaterThan(100_000);
    expect(cutter.pieces.length).toBeLessThan(250);
    // Each line writes its piece again; all the rest, some three times the state.
    expect(written / 2_000).toBeLessThan(2_000);
  });

  it("and shrinks has pieces of a size that suits it", () => {
    const cutter = new Cutter();
    cutter.next(JSON.stringify(stateOf(2_000_000)));
    expect(cutter.pieces.length).toBeLessThan(130);
    cutter.next(JSON.stringify(stateOf(50_000)));
    expect(cutter.largest).toBeLessThan(1_000);
  });

  it("to 10 MB of any characters has no piece that is too large for a part", () => {
    for (const character of ["a", "é", "✓", "😀"]) {
      const cutter = new Cutter();
      cutter.next(`${"a".repeat(2_000_000)}${character.repeat(8_000_000 / Buffer.byteLength(character))}`);
      expect(cutter.pieces.length).toBeLessThan(300);
      expect(cutter.largest).toBeLessThan(390 * 1_024);
    }
  });
});

describe("the list of the pieces", () => {
  it.each([
    [["7.0", "7.1", "7.2", "9.0", "7.6"], "#7.0-2,9.0,7.6"],
    [["1z.z", "1z.10"], "#1z.z-10"],
    [["5.1", "5.0"], "#5.1,5.0"],
  ])("of %j is %s", (names, text) => {
    expect(formatManifest(names)).toBe(text);
    expect(parseManifest(text)).toEqual(names);
    expect(isManifest(text)).toBe(true);
  });

  it.each([
    "#",
    "#7",
    "#7.",
    "#7.1,",
    "#7.3-1",
    "#-1.0",
    "#7.0-zzzzzz",
    "#7.0-zzzzzzz",
    "#__proto__.0",
    "#A.0",
    "#7.0 ",
  ])("is corrupt as %s", (text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: "CorruptState" }));
  });

  it("is never taken for a state", () => {
    expect(isManifest(JSON.stringify({ "#": 1 }))).toBe(false);
  });
});
