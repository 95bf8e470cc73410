/** The actors that hostile inputs are meant for. Their methods pass on what they are given, to all that a turn can ask for. */
import "reflect-metadata";
import { Type } from "class-transformer";
import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";

export class Line {
  name = "line";
  count = 0;
  more: unknown = null;
}

class Note extends Line {
  override name = "note";
  text = "";
}

export class Order {
  @Type(() => Line)
  lines: unknown = [];
  @Type(() => Line, {
    discriminator: {
      property: "kind",
      subTypes: [
        { value: Line, name: "line" },
        { value: Note, name: "note" },
      ],
    },
  })
  extras: unknown = [];
}

@Actor
class Vault extends DurableActor {
  count = 0;
  kept: unknown = null;

  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
  @Method keep(value: unknown): unknown {
    this.kept = value;
    return value;
  }
  @Method async echo(...values: unknown[]): Promise<unknown> {
    await null;
    return values;
  }
  @Method({ maxAttempts: 1 }) fail(value: unknown): never {
    throw value;
  }
  @Method({ readonly: true }) look(): unknown {
    return [this.count, this.kept];
  }
  @Method({ readonly: true }) whoAmI(): string {
    return this.ctx.actorId;
  }
  @Method leaveOpen(): unknown {
    return this.ctx.pending();
  }
  @Method settle(callId: string, value: unknown): void {
    this.ctx.resolve(callId, value);
  }
  @Method arrange(name: string, time: never, value: unknown): void {
    this.ctx.remind(name, time, "keep", value);
  }
  @Method announce(detailType: string, detail: never): void {
    this.ctx.emit(detailType, detail);
  }
  @Method async tell(id: string, value: unknown, options: never): Promise<void> {
    await this.ctx.actor(Vault).get(id).send(options).keep(value);
  }
  @Method async ask(id: string, value: unknown): Promise<unknown> {
    return this.ctx.actor(Vault).get(id).keep(value);
  }

  @On({ source: "shop", detailType: "Paid", id: "detail.id" })
  paid({ detail }: ActorEvent): void {
    this.kept = detail;
  }
  @On({
    source: "shop",
    detailType: { wildcard: "L*t*d" },
    id: "detail.id",
    detail: { items: { a: [1], b: [{ numeric: [">", 0] }], c: { d: [{ exists: true }] } } },
  })
  listed(): void {
    this.count++;
  }
}

@Actor
class Shop extends DurableActor {
  @Type(() => Order)
  orders: unknown = [];
  total = 0;

  @Method add(by: number): number {
    this.total += by;
    return this.total;
  }
}

export const ACTORS = [Vault, Shop];
