/** What happened in a run, as one number that is the same when the same happened; and on request as lines to read. */
export class Trace {
  readonly lines: string[] = [];
  private low = 0x811c_9dc5;
  private high = 0x01b3_5c15;
  private count = 0;

  constructor(
    private readonly nowMs: () => number,
    private readonly keepsLines: boolean,
  ) {}

  /** @param what whatever tells one event from another, payloads left out */
  add(who: string, what: string): void {
    const line = `${this.nowMs()} ${who} ${what}`;
    this.count++;
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      // FNV-1a, in two halves that start from different numbers.
      this.low = Math.imul(this.low ^ code, 0x0100_0193);
      this.high = Math.imul(this.high ^ code, 0x0100_01b3) ^ (this.low >>> 17);
    }
    if (this.keepsLines) this.lines.push(line);
  }

  get hash(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.low)}${hex(this.high)}`;
  }

  get length(): number {
    return this.count;
  }
}
