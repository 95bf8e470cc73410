import { Actor, DurableActor, Method } from "durable-lambda";

/** An actor with a long method, for the tour to kill its process in the middle of it. */
@Actor
export class Importer extends DurableActor {
  rows: string[] = [];

  @Method
  add(row: string): number {
    return this.rows.push(row);
  }

  /** Changes its state, says so, and never ends. */
  @Method
  async addAndHang(row: string): Promise<never> {
    this.rows.push(row);
    console.log("in the middle of addAndHang");
    return new Promise(() => {});
  }

  @Method({ readonly: true })
  list(): string[] {
    return this.rows;
  }
}
