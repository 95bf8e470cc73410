/** An actor for the type tests; they import its type alone. */
import { Actor, type ActorEvent, DurableActor, Method, On, Transient } from "durable-lambda";

export interface Entry {
  readonly name: string;
  readonly at: Date;
}

@Actor
export class Counter extends DurableActor {
  count = 0;
  readonly label: string = "";
  @Transient cache = new Map<string, number>();
  handler: string | undefined = undefined;

  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
  @Method async later(entry: Entry): Promise<Entry[]> {
    return [entry];
  }
  @Method nothing(): void {}
  @Method maybe(yes: boolean): number | Promise<string> {
    return yes ? 1 : Promise.resolve("later");
  }
  @Method all(...names: string[]): Map<string, bigint> {
    return new Map(names.map((name) => [name, BigInt(name.length)]));
  }
  @Method({ readonly: true }) value(): number {
    return this.count;
  }
  @On({ source: "shop", detailType: "Counted", id: "detail.counter" })
  heard(event: ActorEvent<{ by: number }>): number {
    return this.increment(event.detail.by);
  }
  override onCreate(): void {}
  override onActivate(): void {}
  override onDestroy(): void {}

  protected inherited(): number {
    return this.hidden();
  }
  private hidden(): number {
    return this.count;
  }
  get doubled(): number {
    return this.count * 2;
  }
}

@Actor
export class LoudCounter extends Counter {
  @Method shout(): string {
    return `${this.count}!`;
  }
}
