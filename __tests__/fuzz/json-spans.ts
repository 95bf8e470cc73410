/** Where the parts of a JSON text are, so that it can be changed as text: keys twice, `__proto__`, `1e999` stay possible. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Spans {
  readonly values: readonly Span[];
  readonly keys: readonly Span[];
  /** Elements and members, key and value together. */
  readonly items: readonly Item[];
}

/** With what stands between it and its neighbour, so that the rest is JSON without it. */
export interface Item extends Span {
  readonly cutStart: number;
  readonly cutEnd: number;
}

/** The parts of a text that JSON.parse reads. */
export function spansOf(text: string): Spans {
  return new Scanner(text).scan();
}

/** Not recursive: hostile texts are nested deeply. */
class Scanner {
  private readonly values: Span[] = [];
  private readonly keys: Span[] = [];
  private readonly items: Item[] = [];

  constructor(private readonly text: string) {}

  scan(): Spans {
    const { text } = this;
    const open: {
      readonly start: number;
      readonly isObject: boolean;
      readonly items: Span[];
      item: number;
    }[] = [];
    let isKey = false;
    for (let at = 0; at < text.length; at++) {
      const character = text[at] as string;
      const inner = open.at(-1);
      if (/[\s:]/.test(character)) {
        if (character === ":") isKey = false;
        continue;
      }
      if (character === "," || character === "}" || character === "]") {
        if (inner === undefined) break;
        if (inner.item !== -1) inner.items.push({ start: inner.item, end: this.endBefore(at) });
        inner.item = -1;
        isKey = inner.isObject;
        if (character === ",") continue;
        open.pop();
        this.values.push({ start: inner.start, end: at + 1 });
        this.addItems(inner.items);
        continue;
      }
      if (inner !== undefined && inner.item === -1) inner.item = at;
      if (character === "{" || character === "[") {
        open.push({ start: at, isObject: character === "{", items: [], item: -1 });
        isKey = character === "{";
        continue;
      }
      const end = character === '"' ? this.endOfString(at) : this.endOfWord(at);
      (isKey && character === '"' ? this.keys : this.values).push({ start: at, end });
      at = end - 1;
    }
    return { values: this.values, keys: this.keys, items: this.items };
  }

  private addItems(items: readonly Span[]): void {
    for (const [index, item] of items.entries()) {
      const cutStart = index === 0 ? item.start : (items[index - 1] as Span).end;
      const cutEnd = index === 0 ? (items[1]?.start ?? item.end) : item.end;
      this.items.push({ ...item, cutStart, cutEnd });
    }
  }

  private endBefore(at: number): number {
    let end = at;
    while (/\s/.test(this.text[end - 1] as string)) end--;
    return end;
  }

  private endOfString(start: number): number {
    let at = start + 1;
    while (at < this.text.length && this.text[at] !== '"') at += this.text[at] === "\\" ? 2 : 1;
    return Math.min(at + 1, this.text.length);
  }

  private endOfWord(start: number): number {
    let at = start + 1;
    while (at < this.text.length && !/[\s,:\]}]/.test(this.text[at] as string)) at++;
    return at;
  }
}
