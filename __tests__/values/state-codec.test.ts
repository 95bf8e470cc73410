// biome-ignore-all lint/suspicious/noThenProperty: objects with a `then` are what these tests are about
/** An actor's state as text and back: nested classes that `@Type` declares, transient fields, states of other versions. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "class-transformer";
import { Actor, DurableActor, DurableError, Method, Transient } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { decodeStateInto, encodeState } from "../../lib/values/state-codec";
import { silentLog } from "../support/process";

/** A fresh instance with the state of another, as after a reload. */
function reload<T extends object>(instance: T, type: new () => T): T {
  return load(encodeState(instance, type), type);
}

function load<T extends object>(text: string, type: new () => T): T {
  const fresh = new type();
  decodeStateInto(fresh, type, text);
  return fresh;
}

function make<T extends object>(type: new () => T, fields: Partial<T>): T {
  return Object.assign(new type(), fields);
}

function thrownBy(work: () => unknown): DurableError {
  try {
    work();
  } catch (error) {
    if (error instanceof DurableError) return error;
    throw error;
  }
  throw new Error("threw nothing");
}

class Money {
  amount = 0n;
  currency = "EUR";

  shown(): string {
    return `${this.amount} ${this.currency}`;
  }
}

class Item {
  name = "";
  addedAt = new Date(0);
  tags = new Set<string>();
  notes = new Map<string, bigint>();
  picture = new Uint8Array(0);
  @Type(() => Money) price = new Money();
  @Transient cachedTotal: bigint | undefined = undefined;
  count = 1n;

  total(): bigint {
    this.cachedTotal ??= this.price.amount * this.count;
    return this.cachedTotal;
  }
}

const item = (name: string, amount: bigint) => make(Item, { name, price: make(Money, { amount }) });

class Cart {
  @Type(() => Item) single: Item | null | undefined = undefined;
  @Type(() => Item) list: Item[] = [];
  @Type(() => Item) grid: Item[][] = [];
  @Type(() => Item) byName = new Map<string, Item>();
  @Type(() => Item) unique = new Set<Item>();
  @Type(() => Item) listsByName = new Map<string, Item[]>();
  @Type(() => Date) at = new Date(5);
  @Type(() => String) label = "a label";
  @Transient cache = new Map<string, number>();
  plain: unknown = null;
}

describe("a nested class that @Type declares", () => {
  it("comes back as an instance, with its methods", () => {
    const back = reload(make(Cart, { single: item("pen", 3n) }), Cart);
    expect(back.single).toBeInstanceOf(Item);
    expect(back.single?.total()).toBe(3n);
  });

  it("comes back with nested classes of its own", () => {
    const back = reload(make(Cart, { single: item("pen", 3n) }), Cart);
    expect(back.single?.price).toBeInstanceOf(Money);
    expect(back.single?.price.shown()).toBe("3 EUR");
  });

  it("keeps Date, Map, Set, bigint and bytes in its fields", () => {
    const pen = make(Item, {
      addedAt: new Date("2026-11-23T00:00:00Z"),
      tags: new Set(["a", "b"]),
      notes: new Map([["x", 10n]]),
      picture: new Uint8Array([1, 2]),
    });
    expect(reload(make(Cart, { single: pen }), Cart).single).toStrictEqual(pen);
  });

  it("is found in arrays, arrays of arrays, Maps, Sets, and Maps of arrays", () => {
    const back = reload(
      make(Cart, {
        list: [item("a", 1n), item("b", 2n)],
        grid: [[item("c", 3n)], []],
        byName: new Map([["d", item("d", 4n)]]),
        unique: new Set([item("e", 5n)]),
        listsByName: new Map([["f", [item("f", 6n)]]]),
      }),
      Cart,
    );
    const found = [
      ...back.list,
      ...back.grid.flat(),
      ...back.byName.values(),
      ...back.unique,
      ...Array.from(back.listsByName.values()).flat(),
    ];
    expect(found.map((one) => [one.name, one.total()])).toEqual([
      ["a", 1n],
      ["b", 2n],
      ["c", 3n],
      ["d", 4n],
      ["e", 5n],
      ["f", 6n],
    ]);
  });

  it("may be null, undefined, or plain data of the same form", () => {
    expect(reload(make(Cart, { single: null }), Cart).single).toBeNull();
    expect(reload(make(Cart, { single: undefined }), Cart).single).toBeUndefined();
    const literal = { name: "pen", price: { amount: 2n }, count: 2n } as Item;
    expect(reload(make(Cart, { single: literal }), Cart).single?.total()).toBe(4n);
  });

  it("may be a built-in type: the value stays what it is", () => {
    const back = reload(new Cart(), Cart);
    expect(back.at).toEqual(new Date(5));
    expect(back.label).toBe("a label");
  });

  it("is inherited by a subclass of the class that declares it", () => {
    class BigCart extends Cart {
      @Type(() => Money) bonus = make(Money, { amount: 9n });
    }
    const back = reload(make(BigCart, { list: [item("a", 1n)] }), BigCart);
    expect(back.list[0]?.total()).toBe(1n);
    expect(back.bonus.shown()).toBe("9 EUR");
  });

  it("is stored as readable plain data, without its transient fields", () => {
    const pen = item("pen", 3n);
    pen.total();
    const { single } = JSON.parse(encodeState(make(Cart, { single: pen }), Cart)) as { single: object };
    expect(single).toEqual({
      name: "pen",
      addedAt: { $date: "1970-01-01T00:00:00.000Z" },
      tags: { $set: [] },
      notes: { $map: [] },
      picture: { $bytes: "" },
      price: { amount: { $bigint: "3" }, currency: "EUR" },
      count: { $bigint: "1" },
    });
  });

  it("is not asked for its toJSON", () => {
    class Temperature {
      celsius = 20;
      toJSON(): string {
        return `${this.celsius} °C`;
      }
    }
    class Room {
      @Type(() => Temperature) now = new Temperature();
    }
    const text = encodeState(make(Room, { now: make(Temperature, { celsius: 25 }) }), Room);
    expect(text).toBe('{"now":{"celsius":25}}');
    expect(load(text, Room).now.toJSON()).toBe("25 °C");
  });

  it("keeps its instance when a field of it is named like something that objects have", () => {
    class Car {
      drive(): string {
        return "brm";
      }
    }
    class Garage {
      @Type(() => Car) car = Object.assign(new Car(), { constructor: "Ford", toString: "T" });
    }
    const back = reload(new Garage(), Garage);
    expect(back.car.drive()).toBe("brm");
    expect(encodeState(back, Garage)).toBe('{"car":{"constructor":"Ford","toString":"T"}}');
  });

  it("keeps a single field that begins with $", () => {
    class Tagged {
      $date = "not a tag";
    }
    class Holder {
      @Type(() => Tagged) tagged = new Tagged();
    }
    expect(reload(make(Holder, { tagged: make(Tagged, { $date: "x" }) }), Holder).tagged).toStrictEqual(
      make(Tagged, { $date: "x" }),
    );
  });

  it("says so when it cannot be made without arguments", () => {
    class Range {
      readonly length: number;
      constructor(ends: readonly [number, number]) {
        this.length = ends[1] - ends[0];
      }
    }
    class Timeline {
      @Type(() => Range as unknown as new () => Range) range: Range | undefined = undefined;
    }
    const error = thrownBy(() => encodeState(make(Timeline, { range: new Range([1, 3]) }), Timeline));
    expect(error.code).toBe("InvalidDefinition");
    expect(error.message).toContain("range");
  });
});

abstract class Shape {
  id = "";
  abstract area(): number;
}
class Corner {
  x = 0;
  isOrigin(): boolean {
    return this.x === 0;
  }
}
class Circle extends Shape {
  radius = 1;
  area(): number {
    return this.radius ** 2;
  }
}
class Square extends Shape {
  side = 1;
  @Type(() => Corner) corners: Corner[] = [];
  area(): number {
    return this.side ** 2;
  }
}
class Blob extends Shape {
  area(): number {
    return 0;
  }
}
/** Keeps the discriminator's property on the instance. */
class Labelled {
  kind = "";
  label(): string {
    return `<${this.kind}>`;
  }
}
class Heading extends Labelled {
  override kind = "h";
  level = 1;
}

const shapes = {
  discriminator: {
    property: "kind",
    subTypes: [
      { value: Circle, name: "circle" },
      { value: Square, name: "square" },
    ],
  },
};

class Drawing {
  @Type(() => Shape as unknown as new () => Shape, shapes) shapes: Shape[] = [];
  @Type(() => Shape as unknown as new () => Shape, shapes) byId = new Map<string, Shape>();
  @Type(() => Shape as unknown as new () => Shape, shapes) main: Shape | undefined = undefined;
  @Type(() => Labelled, {
    keepDiscriminatorProperty: true,
    discriminator: {
      property: "kind",
      subTypes: [
        { value: Heading, name: "h" },
        { value: Labelled, name: "p" },
      ],
    },
  })
  labelled: Labelled[] = [];
}

describe("a discriminator of @Type", () => {
  it("brings each subtype back as itself", () => {
    const back = reload(
      make(Drawing, {
        shapes: [make(Circle, { radius: 3 }), make(Square, { side: 2 })],
        byId: new Map([["a", make(Square, { side: 4 })]]),
        main: make(Circle, { radius: 5 }),
      }),
      Drawing,
    );
    expect(back.shapes[0]).toBeInstanceOf(Circle);
    expect(back.shapes[1]).toBeInstanceOf(Square);
    expect([...back.shapes, ...back.byId.values(), back.main].map((shape) => shape?.area())).toEqual([
      9, 4, 16, 25,
    ]);
  });

  it("is stored beside the fields, and is no field afterwards", () => {
    const drawing = make(Drawing, { main: make(Circle, { id: "c" }) });
    const text = encodeState(drawing, Drawing);
    expect((JSON.parse(text) as { main: object }).main).toEqual({ kind: "circle", id: "c", radius: 1 });
    expect(load(text, Drawing).main).not.toHaveProperty("kind");
    expect(encodeState(load(text, Drawing), Drawing)).toBe(text);
  });

  it("stays a field where the class has one of its name", () => {
    const heading = make(Heading, { level: 2 });
    const back = reload(make(Drawing, { labelled: [heading, make(Labelled, { kind: "p" })] }), Drawing);
    expect(back.labelled[0]).toBeInstanceOf(Heading);
    expect(back.labelled.map((one) => one.label())).toEqual(["<h>", "<p>"]);
  });

  it("leads to the nested classes of a subtype", () => {
    const back = reload(make(Drawing, { shapes: [make(Square, { corners: [new Corner()] })] }), Drawing);
    expect((back.shapes[0] as Square).corners[0]?.isOrigin()).toBe(true);
  });

  it("refuses a subtype that it does not list, with the path", () => {
    const error = thrownBy(() => encodeState(make(Drawing, { shapes: [new Circle(), new Blob()] }), Drawing));
    expect(error.code).toBe("NotSerializable");
    expect(error.details.path).toBe("state.shapes[1]");
  });
});

describe("a class that nothing declares", () => {
  it.each<[string, Partial<Cart>, string]>([
    ["in a field without @Type", { plain: item("pen", 1n) }, "state.plain"],
    ["in plain data", { plain: { deep: [1, { item: item("pen", 1n) }] } }, "state.plain.deep[1].item"],
    [
      "under a field that declares another one",
      { list: [item("a", 1n), new Money() as unknown as Item] },
      "state.list[1]",
    ],
    [
      "as the key of a Map",
      { byName: new Map([[item("k", 1n) as unknown as string, item("v", 1n)]]) },
      "state.byName(key 0)",
    ],
    [
      "in a nested class",
      { single: Object.assign(item("pen", 1n), { extra: new Money() }) },
      "state.single.extra",
    ],
    ["as a subclass of the declared one", { single: new (class Fancy extends Item {})() }, "state.single"],
  ])("is NotSerializable with its path and a hint: %s", (_where, fields, path) => {
    const error = thrownBy(() => encodeState(make(Cart, fields), Cart));
    expect(error.code).toBe("NotSerializable");
    expect(error.details.path).toBe(path);
    expect(error.message).toMatch(/@Type.*@Transient/s);
  });
});

describe("@Transient", () => {
  it("leaves the field out of the text; a reload begins with its initial value", () => {
    const cart = make(Cart, { label: "kept" });
    cart.cache.set("a", 1);
    expect(encodeState(cart, Cart)).not.toContain("cache");
    const back = reload(cart, Cart);
    expect(back.label).toBe("kept");
    expect(back.cache).toEqual(new Map());
  });

  it("may hold what cannot be kept", () => {
    class Caller {
      @Transient readonly client = { fetch: () => "x" };
      @Transient timer = Symbol("t");
      count = 1;
    }
    expect(encodeState(new Caller(), Caller)).toBe('{"count":1}');
  });

  it("is inherited, and concerns only the class that declares it", () => {
    class Parent {
      @Transient cache = 1;
      kept = 1;
    }
    class Child extends Parent {
      more = 2;
    }
    class Other {
      cache = 1;
    }
    expect(JSON.parse(encodeState(new Child(), Child))).toEqual({ kept: 1, more: 2 });
    expect(JSON.parse(encodeState(new Other(), Other))).toEqual({ cache: 1 });
  });
});

class Account {
  owner = "nobody";
  limit = 100;
  history: string[] = ["opened"];
  @Type(() => Money) balance = new Money();
}

describe("a state of another version of the class", () => {
  it("that lacks a field leaves the class's default in it", () => {
    const back = load('{"owner":"ann"}', Account);
    expect(back).toStrictEqual(make(Account, { owner: "ann" }));
    expect(back.balance.shown()).toBe("0 EUR");
  });

  it("that lacks a field of a nested class leaves that class's default in it", () => {
    expect(load('{"balance":{"amount":{"$bigint":"7"}}}', Account).balance.shown()).toBe("7 EUR");
  });

  it("with fields that the class has not keeps them", () => {
    const text = '{"owner":"ann","nickname":"a","balance":{"amount":{"$bigint":"7"},"old":{"$date":null}}}';
    const kept = JSON.parse(encodeState(load(text, Account), Account)) as object;
    expect(kept).toMatchObject({
      nickname: "a",
      balance: { amount: { $bigint: "7" }, old: { $date: null } },
    });
  });

  it("does not run setters, nor stumble over getters, of the prototype", () => {
    let ran = 0;
    class Thermostat {
      celsius = 20;
      get fahrenheit(): number {
        return this.celsius * 1.8 + 32;
      }
      set fahrenheit(value: number) {
        ran++;
        this.celsius = (value - 32) / 1.8;
      }
      get fixed(): number {
        return 1;
      }
    }
    class House {
      @Type(() => Thermostat) heating = new Thermostat();
      set name(_value: string) {
        ran++;
      }
    }
    expect(encodeState(new House(), House)).toBe('{"heating":{"celsius":20}}');
    const back = load('{"name":"a","heating":{"celsius":25,"fahrenheit":0,"fixed":5}}', House);
    expect(ran).toBe(0);
    expect(back.heating.celsius).toBe(25);
  });

  it("runs the class's own constructor, and then sets what was kept over its defaults", () => {
    class Ticket {
      readonly created: string[];
      constructor() {
        this.created = ["default"];
      }
    }
    expect(load('{"created":["kept"]}', Ticket).created).toEqual(["kept"]);
    expect(load("{}", Ticket).created).toEqual(["default"]);
  });

  it("can replace a field that the class makes read-only", () => {
    class Sealed {
      declare id: string;
      constructor() {
        Object.defineProperty(this, "id", { value: "default", enumerable: true, configurable: true });
      }
    }
    expect(load('{"id":"kept"}', Sealed).id).toBe("kept");
  });
});

describe("a text that is no state", () => {
  it.each([
    "",
    "{",
    "no",
    "null",
    "1",
    '"text"',
    "true",
    "[]",
    '[{"owner":"ann"}]',
    '{"$map":[["owner","ann"]]}',
    '{"$set":["owner"]}',
    '{"$date":"2026-01-01T00:00:00.000Z"}',
    '{"$bytes":"AQID"}',
    '{"$bigint":"1"}',
    '{"$undefined":true}',
    '{"$new":1}',
    '{"owner":{"$new":1}}',
    '{"owner":{"$date":"x"}}',
  ])("is CorruptState: %s", (text) => {
    expect(thrownBy(() => load(text, Account)).code).toBe("CorruptState");
  });

  it.each([
    ['{"__proto__":{"polluted":true}}', "state.__proto__"],
    ['{"balance":{"__proto__":{"polluted":true}}}', "state.balance.__proto__"],
    ['{"constructor":{"prototype":{"polluted":true}}}', "state.constructor"],
  ])("is ForbiddenKey where it could reach a prototype: %s", (text, path) => {
    const error = thrownBy(() => load(text, Account));
    expect([error.code, error.details.path]).toEqual(["ForbiddenKey", path]);
    expect({}).not.toHaveProperty("polluted");
  });

  it("does no harm with names that the class uses itself", () => {
    const back = load('{"constructor":"x","toString":1,"then":2,"toJSON":3,"hasOwnProperty":4}', Account);
    expect(JSON.parse(encodeState(back, Account))).toMatchObject({ constructor: "x", then: 2, toJSON: 3 });
  });

  it("is TooDeep where no nested class can be expected", () => {
    const text = `{"history":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    expect(thrownBy(() => load(text, Account)).code).toBe("TooDeep");
  });
});

class Stranger {}

@Actor
class Shop extends DurableActor {
  @Type(() => Item) items: Item[] = [];
  @Type(() => Shape as unknown as new () => Shape, shapes) signs: Shape[] = [];
  @Transient loads = 0;
  owner = `owner of ${this.ctx.actorId}`;
  secret: unknown = null;

  @Method add(name: string, amount: bigint): number {
    return this.items.push(item(name, amount));
  }
  @Method total(): bigint {
    this.loads++;
    return this.items.reduce((sum, one) => sum + one.total(), 0n);
  }
  @Method firstTotal(): bigint | undefined {
    return this.items[0]?.total();
  }
  @Method loadsSoFar(): number {
    return this.loads;
  }
  @Method addSign(side: number): void {
    this.signs.push(make(Square, { side, corners: [new Corner()] }));
  }
  @Method first(): Item | undefined {
    return this.items[0];
  }
  @Method all(): Map<string, Item[]> {
    return new Map([["items", this.items]]);
  }
  @Method summary(): { owner: string; first: Item | undefined; items: { list: Item[] } } {
    return { owner: this.owner, first: this.items[0], items: { list: this.items } };
  }
  @Method({ readonly: true }) look(): { items: Item[] } {
    return { items: this.items };
  }
  @Method sign(): Shape | undefined {
    return this.signs[0];
  }
  @Method undeclared(): { deep: unknown[] } {
    this.owner = "changed";
    return { deep: [new Stranger()] };
  }
  @Method async thenable(): Promise<{ then: () => void }[]> {
    return [{ then: () => {} }];
  }
  @Method keepUndeclared(): void {
    this.owner = "changed";
    this.secret = { at: [new Stranger()] };
  }
  @Method ownerNow(): string {
    return this.owner;
  }
}

describe("an actor with nested classes", () => {
  let folder: string;
  let app: LocalApp;
  const start = () => startLocal({ actors: [Shop], file: join(folder, "state.db"), log: silentLog });
  const shop = (id = "s1") => app.client.actor(Shop).get(id);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "durable-values-"));
  });
  beforeEach(async () => {
    app = await start();
  });
  afterEach(() => app.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  async function restart(): Promise<void> {
    await app.close();
    app = await start();
  }

  it("has instances again after the file was closed and opened: this.items[0].total() works", async () => {
    await shop().add("pen", 3n);
    await shop().add("ink", 4n);
    await restart();
    expect(await shop().firstTotal()).toBe(3n);
    expect(await shop().total()).toBe(7n);
    await shop().add("cap", 5n);
    await restart();
    expect(await shop().total()).toBe(12n);
  });

  it("loses its transient fields with the process, and keeps them while it stays in memory", async () => {
    await shop("t").total();
    await shop("t").total();
    expect(await shop("t").loadsSoFar()).toBe(2);
    await restart();
    expect(await shop("t").loadsSoFar()).toBe(0);
  });

  it("keeps what its field initialisers took from ctx", async () => {
    await shop("mine").add("pen", 1n);
    await restart();
    expect(await shop("mine").ownerNow()).toBe("owner of mine");
  });

  const pen = {
    name: "pen",
    addedAt: new Date(0),
    tags: new Set(),
    notes: new Map(),
    picture: new Uint8Array(0),
    price: { amount: 3n, currency: "EUR" },
    count: 1n,
  };

  it("gives an instance of a declared class to its caller as plain data, without transient fields", async () => {
    await shop("r").add("pen", 3n);
    await shop("r").total();
    expect(await shop("r").first()).toStrictEqual(pen);
    expect(await shop("r").all()).toStrictEqual(new Map([["items", [pen]]]));
  });

  it("gives instances inside a plain object, too", async () => {
    await shop("p").add("pen", 3n);
    expect(await shop("p").summary()).toStrictEqual({
      owner: "owner of p",
      first: pen,
      items: { list: [pen] },
    });
    expect(await shop("p").look()).toStrictEqual({ items: [pen] });
  });

  it("gives instances that only a subtype of a discriminator declares", async () => {
    await shop("d").addSign(2);
    expect(await shop("d").sign()).toMatchObject({ side: 2, corners: [{ x: 0 }] });
  });

  it("fails with the path in the result for a class that nothing declares, and changes nothing", async () => {
    await shop("u").add("pen", 3n);
    await expect(shop("u").undeclared()).rejects.toMatchObject({
      code: "NotSerializable",
      details: { path: "result.deep[0]" },
    });
    await expect(shop("u").thenable()).rejects.toMatchObject({
      code: "NotSerializable",
      details: { path: "result[0].then" },
    });
    expect(await shop("u").ownerNow()).toBe("owner of u");
  });

  it("fails with the path in the state for a class that nothing declares, and changes nothing", async () => {
    await shop("k").add("pen", 3n);
    await expect(shop("k").keepUndeclared()).rejects.toMatchObject({
      code: "NotSerializable",
      details: { path: "state.secret.at[0]" },
    });
    expect(await shop("k").ownerNow()).toBe("owner of k");
    await restart();
    expect(await shop("k").total()).toBe(3n);
  });
});
