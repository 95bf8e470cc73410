import { Actor, DurableActor, Method } from "durable-lambda";

/** Prints pages in the order in which they were sent, and jams now and then. */
@Actor
export class Printer extends DurableActor {
  pages: string[] = [];
  isJammed = false;

  @Method({ maxAttempts: 2 })
  print(page: string): number {
    if (this.isJammed) throw new Error(`the paper with "${page}" is jammed`);
    return this.pages.push(page);
  }

  /** Stays open until somebody has signed for the page. */
  @Method
  printWhenSigned(page: string): string {
    this.pages.push(`${page} (unsigned)`);
    return this.ctx.pending();
  }

  @Method
  jam(isJammed: boolean): void {
    this.isJammed = isJammed;
  }

  @Method({ readonly: true })
  printed(): string[] {
    return this.pages;
  }
}
