/** Defining actors: what works, in every decorator mode, and what fails clearly before anything runs. */
import * as durableLambda from "durable-lambda";
import {
  Actor,
  type ActorClass,
  createClient,
  createRouter,
  DurableActor,
  DurableError,
  InvalidDefinition,
  Method,
  On,
  Transient,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { createTestApp } from "durable-lambda/testing";
import { z } from "zod";
import { systemClock } from "../lib/clock";
import { DeadLetters } from "../lib/messages/dead-letters";
import { drain } from "./support/batches";
import { compilers, evaluate } from "./support/definition-compilers";
import { type LocalPorts, openLocal } from "./support/local-ports";
import { silentLog } from "./support/process";

const opened: LocalPorts[] = [];
afterAll(() => Promise.all(opened.map((local) => local.close())));

let serial = 0;

/** A router on a store of its own. */
function routerFor(...actors: ActorClass[]) {
  const local = openLocal();
  opened.push(local);
  const handle = createRouter(actors, { ...local, log: silentLog });
  return {
    store: local.store,
    deadLetters: () => new DeadLetters(local, systemClock).list(),
    invoke: (actor: string, id: string, method: string, ...args: unknown[]) =>
      handle({ actor, id, method, args }),
    /** An event of the source "shop", and all that follows from it. */
    async give(detailType: string, detail: object) {
      const fields = { id: `event ${serial++}`, time: "2026-11-24T12:00:00Z" };
      await handle({ ...fields, source: "shop", "detail-type": detailType, detail });
      await drain(handle, local);
    },
  };
}

/** The error of a definition that must not work. */
function refused(define: () => unknown): InvalidDefinition {
  try {
    define();
  } catch (error) {
    if (error instanceof InvalidDefinition) return error;
    throw error;
  }
  throw new Error("the definition was accepted");
}

/** The decorators as the compilers' output calls them, where the type checker would not let us. */
const method = Method as unknown as (...args: unknown[]) => (...args: unknown[]) => unknown;
const actor = Actor as unknown as (...args: unknown[]) => (...args: unknown[]) => unknown;
const on = On as unknown as (...args: unknown[]) => (...args: unknown[]) => unknown;
const transient = Transient as unknown as (...args: unknown[]) => unknown;

describe("@Actor", () => {
  it("takes the class's name, a name, or options", async () => {
    @Actor
    class Bare extends DurableActor {
      @Method hello(): string {
        return "bare";
      }
    }
    @Actor("Given")
    class Named extends DurableActor {
      @Method hello(): string {
        return "named";
      }
    }
    @Actor({ name: "Optioned.v2-a_b", version: 3 })
    class WithOptions extends DurableActor {
      @Method hello(): string {
        return "options";
      }
    }
    @Actor({})
    class Empty extends DurableActor {
      @Method hello(): string {
        return "empty";
      }
    }
    const { invoke } = routerFor(Bare, Named, WithOptions, Empty);
    const names = ["Bare", "Given", "Optioned.v2-a_b", "Empty"];
    const replies = await Promise.all(names.map((name) => invoke(name, "a", "hello")));
    expect(replies).toMatchObject(
      ["bare", "named", "options", "empty"].map((result) => ({ ok: true, result })),
    );
    expect(await invoke("Named", "a", "hello")).toMatchObject({ ok: false, error: { code: "UnknownActor" } });
  });

  it("refuses a class that does not extend DurableActor", () => {
    class Plain {
      hello(): void {}
    }
    expect(refused(() => actor(Plain)).message).toMatch(/Plain.*does not extend DurableActor/);
    expect(refused(() => actor("Name")(Plain)).message).toMatch(/does not extend DurableActor/);
  });

  it("refuses a class that declares no method, and says what to do", () => {
    class Silent extends DurableActor {
      hello(): void {}
    }
    expect(refused(() => actor(Silent)).message).toMatch(/Silent declares no method.*@Method/);
  });

  it("refuses a class without a name, unless it is given one", () => {
    const unnamed = () => {
      const type = (() => class extends DurableActor {})();
      method(type.prototype, "hello", { value: () => {}, configurable: true });
      return type;
    };
    expect(refused(() => actor(unnamed())).message).toMatch(/no name.*@Actor\("Name"\)/);
    expect(() => actor("Given")(unnamed())).not.toThrow();
  });

  it.each(["", "1st", "a/b", "a#b", "a b", "é", "_x", "x".repeat(129), "__proto__"])(
    "refuses the name %p, which cannot be part of keys and paths",
    (name) => {
      class Fine extends DurableActor {
        @Method hello(): void {}
      }
      const { message, details } = refused(() => actor(name)(Fine));
      expect(message).toContain(JSON.stringify(name));
      expect(details).toMatchObject({ class: "Fine", value: name });
    },
  );

  it.each([0, -1, 1.5, Number.NaN, "2"])("refuses the version %p", (version) => {
    class Fine extends DurableActor {
      @Method hello(): void {}
    }
    expect(refused(() => actor({ version })(Fine)).message).toMatch(/version.*whole number from 1/);
  });

  /** What is refused of an option, which no type checker has seen. */
  function refusedWith(options: object): string {
    class Fine extends DurableActor {
      @Method hello(): void {}
    }
    return refused(() => actor({ version: 3, ...options })(Fine)).message;
  }

  it.each([0, "0", "59s", "59999ms", "3661d", "soon", Number.NaN, Number.POSITIVE_INFINITY, null, {}])(
    "refuses to have its actors expire after %p",
    (expireAfter) => {
      expect(refusedWith({ expireAfter })).toMatch(/Fine has the expireAfter .*from a minute to 10 years/);
    },
  );

  it.each(["1m", 60_000, "3660d", "1.5h"])("lets its actors expire after %p", (expireAfter) => {
    class Fine extends DurableActor {
      @Method hello(): void {}
    }
    expect(() => actor({ expireAfter })(Fine)).not.toThrow();
  });

  it.each([1, 4, 0, -2, 2.5, "2.0", "02", "two", "", "__proto__"])(
    "refuses a migration to version %p of 3",
    (to) => {
      const migrate = Object.fromEntries([[to, () => {}]]);
      expect(refusedWith({ migrate })).toContain(
        `the version ${JSON.stringify(String(to))}: the steps lead to`,
      );
    },
  );

  it.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["a string", "s"],
    ["an object", {}],
    ["an array", []],
    ["an instance of a class", new Date(0)],
  ])("refuses a migration that is %s", (what, step) => {
    expect(refusedWith({ migrate: { 2: step } })).toContain(
      `has a migration to version 2 that is ${what}, not a function`,
    );
  });

  it.each([null, 5, "x", [() => {}], new Map([[2, () => {}]]), () => {}])(
    "refuses %p as all its migrations",
    (migrate) => {
      expect(refusedWith({ migrate })).toMatch(
        /as its migrate: it is an object|the version "0": the steps lead/,
      );
    },
  );

  it.each([true, "forget", null, 1])("refuses to deal with removed fields by %p", (removedFields) => {
    expect(refusedWith({ removedFields })).toMatch(/removedFields .* it is "keep" or "drop"/);
  });

  const prototypeOf = { method() {} };
  const descriptor = { value: () => {}, configurable: true };
  it.each<[string, unknown[]]>([
    ["nothing", []],
    ["undefined", [undefined]],
    ["null", [null]],
    ["a number", [1]],
    ["a method, legacy", [prototypeOf, "method", descriptor]],
    ["a field, legacy", [prototypeOf, "field", undefined]],
    ["a static method, legacy", [class {}, "method", descriptor]],
    ["a parameter, legacy", [prototypeOf, "method", 0]],
    [
      "a method, standard",
      [() => {}, { kind: "method", name: "m", static: false, private: false, metadata: {} }],
    ],
    [
      "a field, standard",
      [undefined, { kind: "field", name: "f", static: false, private: false, metadata: {} }],
    ],
    [
      "a getter, standard",
      [() => {}, { kind: "getter", name: "g", static: false, private: false, metadata: {} }],
    ],
  ])("refuses to stand before %s", (_name, args) => {
    expect(refused(() => actor(...args)).message).toMatch(/@Actor goes before a class/);
    if (args.length > 1) {
      expect(refused(() => actor("Name")(...args)).message).toMatch(/@Actor goes before a class/);
      expect(refused(() => actor({})(...args)).message).toMatch(/@Actor goes before a class/);
    }
  });
});

const RESERVED = [
  ...["then", "catch", "finally", "toJSON", "send", "start", "ctx", "prototype"],
  ...["onCreate", "onActivate", "onDestroy"],
  ...Object.getOwnPropertyNames(Object.prototype),
];

describe("@Method", () => {
  it("may be bare, called, or called with options", async () => {
    @Actor
    class Forms extends DurableActor {
      count = 0;
      @Method bare(): string {
        return "bare";
      }
      @Method() called(): string {
        return "called";
      }
      @Method({}) empty(): string {
        return "empty";
      }
      @Method({ readonly: true }) looks(): number {
        return this.count;
      }
      @Method({ readonly: true }) touches(): number {
        return ++this.count;
      }
    }
    const { invoke } = routerFor(Forms);
    expect(await invoke("Forms", "a", "bare")).toMatchObject({ result: "bare", version: 1 });
    expect(await invoke("Forms", "a", "called")).toMatchObject({ result: "called", version: 1 });
    expect(await invoke("Forms", "a", "empty")).toMatchObject({ result: "empty", version: 1 });
    expect(await invoke("Forms", "a", "looks")).toMatchObject({ result: 0, version: 1 });
    expect(await invoke("Forms", "a", "touches")).toMatchObject({ error: { code: "ReadonlyViolation" } });
  });

  it.each(RESERVED)("refuses the reserved name %s, in both modes", (name) => {
    class Legacy extends DurableActor {}
    method(Legacy.prototype, name, { value: () => {}, configurable: true });
    expect(refused(() => actor(Legacy)).message).toContain(`"${name}", a reserved name`);

    class Standard extends DurableActor {}
    const metadata = {};
    Object.defineProperty(Standard, Symbol.metadata, { value: metadata });
    method({ readonly: true })(() => {}, { kind: "method", name, static: false, private: false, metadata });
    expect(refused(() => actor(Standard)).message).toContain(`"${name}", a reserved name`);
  });

  class Target extends DurableActor {}
  const accessor = { get: () => 1, configurable: true };
  const member = { name: "m", static: false, private: false, metadata: {} };
  it.each<[string, unknown[]]>([
    ["a field, legacy", [Target.prototype, "m", undefined]],
    ["a getter, legacy", [Target.prototype, "m", accessor]],
    ["a setter, legacy", [Target.prototype, "m", { set: () => {}, configurable: true }]],
    ["a static method, legacy", [Target, "m", { value: () => {} }]],
    ["a method named by a symbol, legacy", [Target.prototype, Symbol("m"), { value: () => {} }]],
    ["a parameter, legacy", [Target.prototype, "m", 0]],
    ["a constructor's parameter, legacy", [Target, undefined, 0]],
    ["a field, standard", [undefined, { ...member, kind: "field" }]],
    ["a getter, standard", [() => 1, { ...member, kind: "getter" }]],
    ["a setter, standard", [() => {}, { ...member, kind: "setter" }]],
    ["an accessor field, standard", [{}, { ...member, kind: "accessor" }]],
    ["a static method, standard", [() => {}, { ...member, kind: "method", static: true }]],
    ["a #private method, standard", [() => {}, { ...member, kind: "method", name: "#m", private: true }]],
    ["a method named by a symbol, standard", [() => {}, { ...member, kind: "method", name: Symbol("m") }]],
    ["a class, standard", [Target, { kind: "class", name: "Target", metadata: {} }]],
  ])("refuses to stand before %s, bare or called", (_name, args) => {
    expect(refused(() => method(...args)).message).toMatch(/@Method goes before a public instance method/);
    expect(refused(() => method({})(...args)).message).toMatch(
      /@Method goes before a public instance method/,
    );
    expect(refused(() => method()(...args)).message).toMatch(/@Method goes before a public instance method/);
  });

  it("refuses to stand before a class, legacy", () => {
    expect(refused(() => method(Target)).message).toMatch(/@Method goes before a public instance method/);
    expect(refused(() => method({})(Target)).message).toMatch(/@Method goes before a public instance method/);
  });

  it.each([null, 1, "readonly", true])("refuses %p as options", (options) => {
    refused(() => method(options));
  });

  it.each([0, -1, "0ms", "16m", 900_001, "soon", Number.NaN, null, {}])(
    "refuses the timeout %p",
    (timeout) => {
      class Fine extends DurableActor {}
      method({ timeout })(Fine.prototype, "hello", { value: () => {}, configurable: true });
      const { message, details } = refused(() => actor(Fine));
      expect(message).toMatch(/Fine declares "hello" with the timeout .*from 1 ms to 15 minutes/);
      expect(details).toMatchObject({ class: "Fine", method: "hello" });
    },
  );

  it.each([
    [{ lease: "never" }, /declares "hello" with the lease "never": it is "always", or not given\./],
    [{ lease: true }, /declares "hello" with the lease true: /],
    [{ lease: null }, /declares "hello" with the lease null: /],
    [{ lease: "always", readonly: true }, /declares "hello" with a lease and as readonly/],
  ])("refuses %p", (options, message) => {
    class Fine extends DurableActor {}
    method(options)(Fine.prototype, "hello", { value: () => {}, configurable: true });
    expect(refused(() => actor(Fine)).message).toMatch(message);
  });

  it.each([1, "1ms", "5s", "15m"])("takes the timeout %p", (timeout) => {
    class Fine extends DurableActor {}
    method({ timeout })(Fine.prototype, "hello", { value: () => {}, configurable: true });
    expect(() => actor(Fine)).not.toThrow();
  });
});

describe.each(["onCreate", "onActivate", "onDestroy"])("the hook %s", (hook) => {
  it.each<[string, (prototype: object) => void]>([
    ["a getter", (prototype) => Object.defineProperty(prototype, hook, { get: () => () => {} })],
    ["a value of the prototype's", (prototype) => Object.assign(prototype, { [hook]: 5 })],
    ["a @Transient field", (prototype) => transient(prototype, hook)],
  ])("is refused when it is %s, of the class or of its parent", (_what, define) => {
    class Parent extends DurableActor {
      @Method hello(): void {}
    }
    class Child extends Parent {}
    define(Parent.prototype);
    for (const type of [Parent, Child]) {
      const message = new RegExp(`${type.name} has a field or an accessor "${hook}", the name of a hook`);
      expect(refused(() => actor(type)).message).toMatch(message);
    }
  });
});

describe("@Method({ input })", () => {
  const standard = { version: 1, vendor: "test", validate: () => ({ value: 1 }) };
  /** arktype's schemas are functions. */
  const callable = Object.assign(() => {}, { "~standard": standard });

  it.each<[string, unknown]>([
    ["an object", { "~standard": standard }],
    ["a function", callable],
    ["one for each argument", [{ "~standard": standard }, callable]],
    ["none for no argument", []],
    ["nothing", undefined],
  ])("takes %s", (_what, input) => {
    class Checked extends DurableActor {
      run(): void {}
    }
    method({ input })(Checked.prototype, "run", Object.getOwnPropertyDescriptor(Checked.prototype, "run"));
    expect(() => actor("Checked")(Checked)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["false", false],
    ["a text", "string"],
    ["a plain object", { amount: "number" }],
    ["a class", Date],
    ["another version", { "~standard": { ...standard, version: 2 } }],
    ["a version that is no number", { "~standard": { ...standard, version: "1" } }],
    ["no way to ask", { "~standard": { version: 1, vendor: "test" } }],
    ["what fails when it is looked at", new Proxy({}, { get: () => JSON.parse("}") as unknown })],
    ["a list with something else in it", [{ "~standard": standard }, "string"]],
    ["a list of lists", [[{ "~standard": standard }]]],
  ])("is refused when the class is defined, for %s", (_what, input) => {
    class Checked extends DurableActor {
      run(): void {}
    }
    method({ input })(Checked.prototype, "run", Object.getOwnPropertyDescriptor(Checked.prototype, "run"));
    const { message, details } = refused(() => actor("Checked")(Checked));
    expect(message).toMatch(
      /declares "run" with an input that is no Standard Schema \(.*\)\. Give a schema of/,
    );
    expect(details).toMatchObject({ method: "run", value: expect.any(String) as string });
  });

  it("of a subclass's method takes the place of its parent's", async () => {
    abstract class Parent extends DurableActor {
      @Method({ input: z.string().transform(() => "parent's") }) run(text: string): string {
        return text;
      }
      @Method({ input: z.string().transform(() => "kept") }) keep(text: string): string {
        return text;
      }
    }
    @Actor
    class Child extends Parent {
      @Method override run(text: string): string {
        return text;
      }
    }
    const { invoke } = routerFor(Child);
    expect(await invoke("Child", "c", "run", "own")).toMatchObject({ result: "own" });
    expect(await invoke("Child", "c", "keep", "own")).toMatchObject({ result: "kept" });
  });
});

describe("@On", () => {
  const PAID = { source: "shop", detailType: "Paid", id: "detail.id" };

  it("makes a method one that can be called, and is enough for an actor", async () => {
    @Actor
    class Listening extends DurableActor {
      @On({ source: "shop", detailType: "Paid", id: "detail.id" })
      paid(): string {
        return "called";
      }
    }
    const { invoke } = routerFor(Listening);
    expect(await invoke("Listening", "a", "paid")).toMatchObject({ result: "called", version: 1 });
  });

  it("leaves the options of a @Method beside it as they are, above or below", async () => {
    @Actor
    class Both extends DurableActor {
      tries = 0;
      @On({ source: "shop", detailType: "Above", id: "detail.id" })
      @Method({ maxAttempts: 1 })
      above(): never {
        throw new Error("above");
      }
      @Method({ maxAttempts: 1 })
      @On({ source: "shop", detailType: "Below", id: "detail.id" })
      below(): never {
        throw new Error("below");
      }
    }
    const { give, deadLetters } = routerFor(Both);
    await give("Above", { id: "a" });
    await give("Below", { id: "b" });
    expect((await deadLetters()).map(({ method: name, reason }) => [name, reason.attempts])).toEqual([
      ["above", 1],
      ["below", 1],
    ]);
  });

  it("refuses a readonly method, which could do nothing with an event", () => {
    class Looking extends DurableActor {
      @On({ source: "shop", detailType: "Paid", id: "detail.id" })
      @Method({ readonly: true })
      look(): void {}
    }
    const { message, details } = refused(() => actor(Looking));
    expect(message).toMatch(/Looking lets the readonly method "look" listen to events/);
    expect(details).toMatchObject({ class: "Looking", method: "look" });
  });

  it.each(RESERVED)("refuses the reserved name %s", (name) => {
    class Listening extends DurableActor {}
    on(PAID)(Listening.prototype, name, { value: () => {}, configurable: true });
    expect(refused(() => actor(Listening)).message).toContain(`"${name}", a reserved name`);
  });

  it.each<[string, object, RegExp, object]>([
    ["nothing", {}, /without a source/, { option: "source" }],
    ["no source", { ...PAID, source: undefined }, /without a source/, { option: "source" }],
    ["no type", { ...PAID, detailType: undefined }, /without a detailType/, { option: "detailType" }],
    ["no id", { ...PAID, id: undefined }, /such as "detail\.orderId"/, { option: "id" }],
    ["an id that is a number", { ...PAID, id: 5 }, /the id 5/, { option: "id" }],
    ["an empty id", { ...PAID, id: "" }, /the id ""/, { option: "id" }],
    ["an id that is no path in an event", { ...PAID, id: "orderId" }, /the id "orderId"/, { option: "id" }],
    ["an id that ends with a dot", { ...PAID, id: "detail." }, /the id "detail\."/, { option: "id" }],
    ["an id with a gap", { ...PAID, id: "detail..id" }, /the id "detail\.\.id"/, { option: "id" }],
    ["an id that is the time", { ...PAID, id: "time" }, /the id "time"/, { option: "id" }],
    [
      "an option that is none",
      { ...PAID, type: "Paid" },
      /@On\(\{ type \}\), which is no option/,
      { option: "type" },
    ],
    ["no sources", { ...PAID, source: [] }, /source is an empty array/, {}],
    ["no types", { ...PAID, detailType: [] }, /detail-type"\] is an empty array/, {}],
    ["a source that is a function", { ...PAID, source: () => {} }, /source\[0\]/, {}],
    ["a prefix that is no text", { ...PAID, source: { prefix: 5 } }, /source\[0\]\.prefix/, {}],
    ["an operator that is none", { ...PAID, detailType: { like: "Paid" } }, /detail-type"?\]?\[0\]/, {}],
    ["a detail that is text", { ...PAID, detail: "Paid" }, /detail is neither/, {}],
    ["an empty detail", { ...PAID, detail: {} }, /detail is an empty object/, {}],
    ["a detail with a value that is no array", { ...PAID, detail: { a: "b" } }, /detail\.a is neither/, {}],
    ["a detail with a lone surrogate", { ...PAID, detail: { a: ["\uD800"] } }, /detail\.a\[0\]/, {}],
    ["a pattern that is too long", { ...PAID, detail: { a: ["x".repeat(4_096)] } }, /more than 4096/, {}],
  ])("refuses %s when the class is defined, and says where", (_what, options, message, details) => {
    class Listening extends DurableActor {}
    on(PAID)(Listening.prototype, "fine", { value: () => {}, configurable: true });
    on(options)(Listening.prototype, "paid", { value: () => {}, configurable: true });
    const error = refused(() => actor(Listening));
    expect(error.message).toMatch(/Listening/);
    expect(error.message).toMatch(/@On/);
    expect(error.message).toMatch(/paid/);
    expect(error.message).toMatch(message);
    expect(error.details).toMatchObject(details);
  });

  class Target extends DurableActor {}
  const member = { name: "m", static: false, private: false, metadata: {} };
  it.each<[string, unknown[]]>([
    ["a field, legacy", [Target.prototype, "m", undefined]],
    ["a getter, legacy", [Target.prototype, "m", { get: () => 1, configurable: true }]],
    ["a static method, legacy", [Target, "m", { value: () => {} }]],
    ["a method named by a symbol, legacy", [Target.prototype, Symbol("m"), { value: () => {} }]],
    ["a parameter, legacy", [Target.prototype, "m", 0]],
    ["a class, legacy", [Target]],
    ["a field, standard", [undefined, { ...member, kind: "field" }]],
    ["a getter, standard", [() => 1, { ...member, kind: "getter" }]],
    ["a static method, standard", [() => {}, { ...member, kind: "method", static: true }]],
    ["a #private method, standard", [() => {}, { ...member, kind: "method", name: "#m", private: true }]],
    ["a class, standard", [Target, { kind: "class", name: "Target", metadata: {} }]],
  ])("refuses to stand before %s", (_name, args) => {
    expect(refused(() => on(PAID)(...args)).message).toMatch(/@On goes before a public instance method/);
  });

  it.each<[string, unknown[]]>([
    ["nothing", []],
    ["null", [null]],
    ["text", ["Paid"]],
    ["a method, bare, legacy", [Target.prototype, "m", { value: () => {}, configurable: true }]],
    ["a method, bare, standard", [() => {}, { ...member, kind: "method" }]],
    ["a class, bare", [Target]],
  ])("refuses %s as options, and shows what they are", (_name, args) => {
    expect(refused(() => on(...args)).message).toMatch(/@On\(\{ source, detailType, id \}\)/);
  });
});

describe("@Transient", () => {
  class Target extends DurableActor {}
  const member = { name: "m", static: false, private: false, metadata: {} };
  it.each<[string, unknown[]]>([
    ["a method, legacy", [Target.prototype, "m", { value: () => {} }]],
    ["a getter, legacy", [Target.prototype, "m", { get: () => 1 }]],
    ["a static field, legacy", [Target, "m", undefined]],
    ["a field named by a symbol, legacy", [Target.prototype, Symbol("m"), undefined]],
    ["a parameter, legacy", [Target.prototype, "m", 0]],
    ["a class, legacy", [Target]],
    ["a method, standard", [() => {}, { ...member, kind: "method" }]],
    ["a getter, standard", [() => 1, { ...member, kind: "getter" }]],
    ["an accessor field, standard", [{}, { ...member, kind: "accessor" }]],
    ["a static field, standard", [undefined, { ...member, kind: "field", static: true }]],
    ["a #private field, standard", [undefined, { ...member, kind: "field", name: "#m", private: true }]],
    ["a class, standard", [Target, { kind: "class", name: "Target", metadata: {} }]],
  ])("refuses to stand before %s", (_name, args) => {
    expect(refused(() => transient(...args)).message).toMatch(
      /@Transient goes before a public instance field/,
    );
  });
});

describe("a compiler that gives standard decorators no metadata", () => {
  // TypeScript 5.0 and 5.1 leave it out; others hand over undefined.
  const context = { kind: "method", name: "m", static: false, private: false };

  it.each<[string, object]>([
    ["leaves it out", context],
    ["sets it to undefined", { ...context, metadata: undefined }],
  ])("is told from a wrong use: it %s", (_name, given) => {
    expect(refused(() => method(() => {}, given)).message).toMatch(/TypeScript 5\.2/);
    expect(refused(() => on({})(() => {}, given)).message).toMatch(/TypeScript 5\.2/);
    expect(refused(() => transient(undefined, { ...given, kind: "field" })).message).toMatch(
      /TypeScript 5\.2/,
    );
  });
});

describe("createRouter and startLocal", () => {
  @Actor
  class Declared extends DurableActor {
    @Method hello(): string {
      return "declared";
    }
  }
  @Actor("Declared")
  class SameName extends DurableActor {
    @Method hello(): string {
      return "same name";
    }
  }
  class Undeclared extends DurableActor {
    @Method hello(): void {}
  }
  class PlainClass {}

  it("refuse two actors of one name", async () => {
    const { message, details } = refused(() => createRouter([Declared, SameName]));
    expect(message).toMatch(/Two actors are named "Declared"/);
    expect(details).toEqual({ name: "Declared" });
    await expect(startLocal({ actors: [Declared, SameName], log: silentLog })).rejects.toThrow(
      /Two actors are named "Declared"/,
    );
  });

  it.each([undefined, Declared, { actors: [Declared] }])("refuse %p in place of a list", async (actors) => {
    const { message, details } = refused(() => createRouter(actors as never));
    expect(message).toMatch(/are not a list of classes, such as \[Counter\]/);
    expect(details).toEqual({ option: "actors" });
    await expect(startLocal({ actors: actors as never, log: silentLog })).rejects.toThrow(message);
    expect(refused(() => createTestApp(actors as never)).message).toBe(message);
  });

  it("take the same class twice as once", () => {
    expect(() => createRouter([Declared, Declared])).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    [
      "a class that extends DurableActor but carries no @Actor",
      Undeclared,
      /Undeclared is not an actor.*@Actor/,
    ],
    ["any other class", PlainClass, /PlainClass is not an actor/],
    ["DurableActor itself", DurableActor, /DurableActor is not an actor/],
    ["a name", "Declared", /string is not an actor/],
    ["undefined, as a circular import gives", undefined, /undefined is not an actor/],
    ["null", null, /not an actor/],
  ])("refuse %s", async (_name, type, message) => {
    const actors = [type as ActorClass];
    expect(refused(() => createRouter(actors)).message).toMatch(message);
    await expect(startLocal({ actors, log: silentLog })).rejects.toThrow(message);
  });

  it("refuse a second actor of the name in an inline client, too", async () => {
    const app = await startLocal({ actors: [Declared], log: silentLog });
    try {
      expect(refused(() => app.client.actor(SameName)).message).toMatch(/Two actors are named/);
      expect(await app.client.actor(Declared).get("a").hello()).toBe("declared");
    } finally {
      await app.close();
    }
  });

  it("say where actors could be when nothing does", () => {
    const { DURABLE_ROUTER, DURABLE_TABLE } = process.env;
    delete process.env.DURABLE_ROUTER;
    delete process.env.DURABLE_TABLE;
    try {
      expect(refused(() => createClient()).message).toMatch(/DURABLE_ROUTER.*DURABLE_TABLE.*startLocal/s);
    } finally {
      if (DURABLE_ROUTER !== undefined) process.env.DURABLE_ROUTER = DURABLE_ROUTER;
      if (DURABLE_TABLE !== undefined) process.env.DURABLE_TABLE = DURABLE_TABLE;
    }
  });
});

abstract class Ledger extends DurableActor {
  entries: string[] = [];
  @Transient cache = "";

  @Method post(entry: string): number {
    return this.entries.push(this.shown(entry));
  }
  @Method({ readonly: true }) last(): string | undefined {
    return this.entries.at(-1);
  }
  @Method rename(): string {
    return "of the parent";
  }
  protected abstract shown(entry: string): string;
}

@Actor
class LoudLedger extends Ledger {
  volume = 11;

  protected shown(entry: string): string {
    return entry.toUpperCase();
  }
  // Without @Method: it stays declared, as its parent declares it.
  override rename(): string {
    return "of the child";
  }
  @Method loudness(): number {
    return this.volume;
  }
}

@Actor
class QuietLedger extends LoudLedger {
  override volume = 1;
  @Method({ readonly: true }) override loudness(): number {
    return this.volume;
  }
}

class NoActor extends LoudLedger {}

describe("inheritance", () => {
  it("gives a subclass the methods and fields of its parent, also of an abstract one", async () => {
    const { invoke, store } = routerFor(LoudLedger);
    expect(await invoke("LoudLedger", "a", "post", "rent")).toMatchObject({ result: 1 });
    expect(await invoke("LoudLedger", "a", "last")).toMatchObject({ result: "RENT" });
    expect(await invoke("LoudLedger", "a", "loudness")).toMatchObject({ result: 11 });
    const head = await store.read({ type: "LoudLedger", id: "a" }, { consistent: true });
    expect(JSON.parse(head?.state?.text ?? "")).toEqual({ entries: ["RENT"], volume: 11 });
  });

  it("keeps a method declared that the subclass overrides without @Method", async () => {
    const { invoke } = routerFor(LoudLedger);
    expect(await invoke("LoudLedger", "a", "rename")).toMatchObject({ result: "of the child" });
  });

  it("keeps @Transient of the parent", async () => {
    const { invoke, store } = routerFor(QuietLedger);
    await invoke("QuietLedger", "a", "post", "x");
    expect(
      (await store.read({ type: "QuietLedger", id: "a" }, { consistent: true }))?.state?.text,
    ).not.toContain("cache");
  });

  it("lets a subclass declare a method anew, for itself alone", async () => {
    const { invoke } = routerFor(LoudLedger, QuietLedger);
    // A readonly call commits nothing; another one does.
    expect(await invoke("QuietLedger", "a", "loudness")).toMatchObject({ result: 1, version: 0 });
    expect(await invoke("LoudLedger", "a", "loudness")).toMatchObject({ result: 11, version: 1 });
  });

  it("does not make a subclass without @Actor an actor", () => {
    expect(refused(() => createRouter([NoActor])).message).toMatch(/NoActor is not an actor/);
  });

  it("does not give the parent the methods of its subclass", async () => {
    @Actor
    class Parent extends DurableActor {
      @Method hello(): string {
        return "hello";
      }
    }
    @Actor
    class Child extends Parent {
      @Method more(): string {
        return "more";
      }
    }
    const { invoke } = routerFor(Parent, Child);
    expect(await invoke("Child", "a", "hello")).toMatchObject({ result: "hello" });
    expect(await invoke("Child", "a", "more")).toMatchObject({ result: "more" });
    expect(await invoke("Parent", "a", "more")).toMatchObject({ error: { code: "UnknownMethod" } });
  });
});

describe("the instance", () => {
  @Actor
  class Diary extends DurableActor {
    readonly owner = this.ctx.actorId;
    readonly firstCall = this.ctx.callId;
    readonly bornAt = this.ctx.version;
    line = `${this.owner} begins`;

    constructor() {
      super();
      this.line += ` at ${this.ctx.version}`;
    }
    @Method read(): unknown[] {
      return [this.owner, this.firstCall, this.bornAt, this.line];
    }
    @Method currentCall(): string {
      return this.ctx.callId;
    }
  }
  @Actor
  class Hoarder extends DurableActor {
    @Transient other = new Diary();
    @Method hello(): string {
      return "hello";
    }
  }

  it("cannot be made with `new`, and says what to do instead", () => {
    const { message } = refused(() => new Diary());
    expect(message).toMatch(/not created with `new`.*client/);
  });

  it("cannot be made with `new` in another actor's field initialiser either", async () => {
    const { invoke } = routerFor(Hoarder);
    expect(await invoke("Hoarder", "a", "hello")).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/not created with `new`/) as string },
    });
  });

  it("has ctx in its field initialisers and its constructor, and a new one in each turn", async () => {
    const { store } = routerFor();
    const handle = createRouter([Diary], { store, log: silentLog });
    const call = (methodName: string, callId: string) =>
      handle({ actor: "Diary", id: "ann", method: methodName, args: [], callId });
    expect(await call("read", "first")).toMatchObject({ result: ["ann", "first", 0, "ann begins at 0"] });
    expect(await call("currentCall", "second")).toMatchObject({ result: "second" });
    expect(await call("read", "third")).toMatchObject({ result: ["ann", "first", 0, "ann begins at 0"] });
  });

  it("does not count ctx as state", async () => {
    const { invoke, store } = routerFor(Diary);
    await invoke("Diary", "ann", "read");
    expect(
      JSON.parse((await store.read({ type: "Diary", id: "ann" }, { consistent: true }))?.state?.text ?? ""),
    ).not.toHaveProperty("ctx");
  });
});

const SOURCE = `
  import { Actor, DurableActor, Method, On, Transient } from "durable-lambda";

  const validate = (value: unknown) =>
    typeof value === "string" ? { value: value.trim() } : { issues: [{ message: "is no text" }] };
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate } };

  abstract class Base extends DurableActor {
    pings = 0;
    @Method ping(): number { return ++this.pings; }
    @Method described(): string { return "parent"; }

    heard: string[] = [];
    @On({ source: "shop", detailType: "Kept", id: "detail.id" })
    kept(event: { detail: { id: string } }): void { this.heard.push("kept " + event.detail.id); }
    @On({ source: "shop", detailType: "Overridden", id: "detail.id" })
    overridden(): void { this.heard.push("by the parent"); }
    @On({ source: "shop", detailType: "Replaced", id: "detail.id" })
    replaced(): void { this.heard.push("replaced"); }
  }

  @Actor
  export class Cart extends Base {
    @Transient cache = new Map<string, number>();
    readonly owner = this.ctx.actorId;
    items = new Map<string, bigint>();
    private note?: string;
    #secret = "not kept";

    @Method add(name: string, count = 1n): bigint {
      this.cache.set(name, 1);
      this.items.set(name, (this.items.get(name) ?? 0n) + count);
      return this.items.get(name)!;
    }
    @Method() async total(): Promise<bigint> {
      await null;
      return [...this.items.values()].reduce((sum, count) => sum + count, 0n);
    }
    @Method({ readonly: true }) whose(): string { return this.owner + " " + this.#secret; }
    override described(): string { return "child"; }
    hidden(): void {}

    override overridden(): void { this.heard.push("by the child"); }
    @On({ source: "shop", detailType: "Replacing", id: "detail.id" })
    override replaced(): void { this.heard.push("replacing"); }
    @On({ source: "shop", detailType: "Twice", id: "detail.id" })
    @Method({ maxAttempts: 5 })
    @On({ source: "shop", detailType: "Again", id: "detail.other" })
    async twice(): Promise<void> { this.heard.push("twice for " + this.ctx.actorId); }
    @Method({ readonly: true }) all(): string[] { return this.heard; }
    @Method({ input: schema }) checked(text: string): string { return text; }
    @Method({ input: [schema, schema] }) checkedTwice(one: string, other: string): string { return one + other; }
  }

  @Actor("Renamed")
  export class Other extends DurableActor {
    @Method hello(): string { return "hello"; }
  }
`;

describe.each(compilers)("an actor compiled by $name", ({ decorators, compile }) => {
  const define = () =>
    evaluate(compile(SOURCE), { "durable-lambda": durableLambda }) as Record<"Cart" | "Other", ActorClass>;

  it("runs as it does everywhere", async () => {
    const { Cart, Other } = define();
    const { invoke, store } = routerFor(Cart, Other);
    const two = { $bigint: "2" };
    const cart = (name: string, ...args: unknown[]) => invoke("Cart", "ann", name, ...args);

    expect(await cart("add", "pen", two)).toEqual({ ok: true, result: two, version: 1 });
    expect(await cart("add", "ink")).toMatchObject({ ok: true, result: { $bigint: "1" } });
    expect(await cart("total")).toMatchObject({ ok: true, result: { $bigint: "3" } });
    expect(await cart("whose")).toMatchObject({ ok: true, result: "ann not kept", version: 3 });
    expect(await cart("ping")).toMatchObject({ ok: true, result: 1 });
    expect(await cart("described")).toMatchObject({ ok: true, result: "child" });
    expect(await cart("hidden")).toMatchObject({ ok: false, error: { code: "UnknownMethod" } });
    expect(await invoke("Renamed", "x", "hello")).toMatchObject({ ok: true, result: "hello" });

    const { text = "" } = (await store.read({ type: "Cart", id: "ann" }, { consistent: true }))?.state ?? {};
    expect(JSON.parse(text)).toMatchObject({
      pings: 1,
      owner: "ann",
      items: {
        $map: [
          ["pen", { $bigint: "2" }],
          ["ink", { $bigint: "1" }],
        ],
      },
    });
    expect(text).not.toMatch(/cache|secret|ctx/);
  });

  it("listens as it does everywhere", async () => {
    const { Cart } = define();
    const { invoke, give } = routerFor(Cart);
    for (const type of ["Kept", "Overridden", "Replaced", "Replacing", "Twice"])
      await give(type, { id: "ann" });
    await give("Again", { id: "ann", other: "bob" });
    expect(await invoke("Cart", "ann", "all")).toMatchObject({
      result: ["kept ann", "by the child", "replacing", "twice for ann"],
    });
    expect(await invoke("Cart", "bob", "all")).toMatchObject({ result: ["twice for bob"] });
  });

  it("has its arguments checked as everywhere", async () => {
    const { Cart } = define();
    const { invoke } = routerFor(Cart);
    expect(await invoke("Cart", "ann", "checked", " a ")).toMatchObject({ result: "a" });
    expect(await invoke("Cart", "ann", "checkedTwice", " a ", " b ")).toMatchObject({ result: "ab" });
    expect(await invoke("Cart", "ann", "checkedTwice", "a", 1)).toMatchObject({
      error: { code: "ValidationError", details: { issues: [{ path: "args[1]", message: "is no text" }] } },
    });
  });

  it("lives as it does everywhere", async () => {
    const source = `
      import { Actor, DurableActor, Method, Transient } from "durable-lambda";
      abstract class Base extends DurableActor {
        log: string[] = [];
        onCreate() { this.log.push("created by the parent"); }
        async onActivate() { this.log.push("activated"); }
      }
      @Actor({ name: "Guest", version: 2, migrate: { 2: (s) => ({ log: [s.first] }) }, expireAfter: "1d", removedFields: "drop" })
      export class Guest extends Base {
        #secret = "secret";
        onCreate() { super.onCreate(); this.log.push("created " + this.#secret); }
        onDestroy() { this.ctx.emit("Ended", { log: this.log }); }
        @Method({ timeout: "5s" }) all() { return [...this.log]; }
        @Method end() { this.ctx.destroy(); }
      }`;
    const { Guest } = evaluate(compile(source), { "durable-lambda": durableLambda }) as Record<
      "Guest",
      ActorClass
    >;
    const { invoke, store } = routerFor(Guest);
    const created = { ok: true, result: ["created by the parent", "created secret"], version: 1 };
    expect(await invoke("Guest", "a", "all")).toEqual(created);
    expect(await store.read({ type: "Guest", id: "a" }, { consistent: true })).toHaveProperty("expiresAtMs");
    const old = { type: "Guest", id: "old" };
    await store.acquire(old, { leaseId: "l", nowMs: 1, untilMs: 2 });
    const state = '{"first":"stored","gone":1}';
    await store.commit(old, { id: "l", fence: 1 }, { onVersion: 0, state, schema: 1, release: true });
    expect(await invoke("Guest", "old", "all")).toMatchObject({ result: ["stored", "activated"] });
    expect(await invoke("Guest", "old", "end")).toMatchObject({ ok: true });
    expect(await store.read(old, { consistent: true })).not.toHaveProperty("state");
  });

  it("cannot be made with `new`", () => {
    const { Cart } = define();
    expect(refused(() => new Cart()).message).toMatch(/not created with `new`/);
  });

  const header = 'import { Actor, DurableActor, Method, On, Transient } from "durable-lambda";\n';
  const paid = '{ source: "shop", detailType: "Paid", id: "detail.id" }';
  it.each<[string, string, RegExp]>([
    ["no method", "@Actor class Alpha extends DurableActor { hello() {} }", /declares no method/],
    [
      "a class that is no DurableActor",
      "@Actor class Alpha { @Method hello() {} }",
      /does not extend DurableActor/,
    ],
    [
      "a reserved method name",
      "@Actor class Alpha extends DurableActor { @Method then() {} }",
      /reserved name/,
    ],
    [
      "@Method on a getter",
      "@Actor class Alpha extends DurableActor { @Method get a() { return 1 } }",
      /@Method goes/,
    ],
    ["@Method on a field", "@Actor class Alpha extends DurableActor { @Method a = 1 }", /@Method goes/],
    [
      "@Method on a static method",
      "@Actor class Alpha extends DurableActor { @Method static a() {} }",
      /@Method goes/,
    ],
    ["@Method on a class", "@Method class Alpha extends DurableActor {}", /@Method goes/],
    ["@Method() on a class", "@Method() class Alpha extends DurableActor {}", /@Method goes/],
    [
      "a hook that is a getter",
      "@Actor class Alpha extends DurableActor { @Method a() {} get onCreate() { return () => {} } }",
      /the name of a hook/,
    ],
    [
      "a hook that is a @Transient field",
      "@Actor class Alpha extends DurableActor { @Method a() {} @Transient onActivate = () => {} }",
      /the name of a hook/,
    ],
    [
      "@Method on a hook",
      "@Actor class Alpha extends DurableActor { @Method onDestroy() {} }",
      /reserved name/,
    ],
    [
      "@Transient on a method",
      "@Actor class Alpha extends DurableActor { @Transient a() {} }",
      /@Transient goes/,
    ],
    ["@Transient on a class", "@Transient class Alpha extends DurableActor {}", /@Transient goes/],
    [
      "@On on a getter",
      `@Actor class Alpha extends DurableActor { @On(${paid}) get a() { return 1 } }`,
      /@On goes/,
    ],
    ["@On on a field", `@Actor class Alpha extends DurableActor { @On(${paid}) a = 1 }`, /@On goes/],
    [
      "@On on a static method",
      `@Actor class Alpha extends DurableActor { @On(${paid}) static a() {} }`,
      /@On goes/,
    ],
    ["@On on a class", `@On(${paid}) class Alpha extends DurableActor {}`, /@On goes/],
    [
      "@On without options",
      "@Actor class Alpha extends DurableActor { @Method a() {} @On b() {} }",
      /@On\(\{ source/,
    ],
    ["@On()", "@Actor class Alpha extends DurableActor { @Method a() {} @On() b() {} }", /@On\(\{ source/],
    [
      "@On with an id that is no path",
      '@Actor class Alpha extends DurableActor { @On({ source: "a", detailType: "b", id: "c" }) d() {} }',
      /Alpha declares "d" with @On and the id "c"/,
    ],
    [
      "@On on a readonly method",
      `@Actor class Alpha extends DurableActor { @On(${paid}) @Method({ readonly: true }) a() {} }`,
      /readonly method "a"/,
    ],
    ["@Actor on a method", "class Alpha extends DurableActor { @Actor a() {} }", /@Actor goes/],
    ["@Actor('A') on a method", "class Alpha extends DurableActor { @Actor('A') a() {} }", /@Actor goes/],
    ["@Actor on a field", "class Alpha extends DurableActor { @Actor a = 1 }", /@Actor goes/],
    ["@Actor()", "@Actor() class Alpha extends DurableActor { @Method a() {} }", /@Actor goes/],
  ])("fails when it is defined, for %s", (_name, source, message) => {
    expect(
      refused(() => evaluate(compile(header + source), { "durable-lambda": durableLambda })).message,
    ).toMatch(message);
  });

  it("fails when it is defined, for a #private method, where the mode lets it be decorated", () => {
    const source = `${header}@Actor class Alpha extends DurableActor { @Method #a() {} @Method b() { this.#a() } }`;
    if (decorators === "legacy") return;
    expect(refused(() => evaluate(compile(source), { "durable-lambda": durableLambda })).message).toMatch(
      /@Method goes/,
    );
  });

  it("is no actor as a subclass without @Actor", () => {
    const source = `${header}
      @Actor class Alpha extends DurableActor { @Method a() {} }
      export class Beta extends Alpha {}
      @Actor export class Gamma extends Beta { @Method c() {} }`;
    const { Beta, Gamma } = evaluate(compile(source), { "durable-lambda": durableLambda }) as Record<
      "Beta" | "Gamma",
      ActorClass
    >;
    expect(refused(() => createRouter([Beta])).message).toMatch(/Beta is not an actor/);
    expect(() => createRouter([Gamma])).not.toThrow();
  });
});

// The other two leave the class's own name out (`x = class extends …`), as bundlers do when they make one up.
describe.each(
  compilers.filter(({ name, decorators }) => name.startsWith("TypeScript") === (decorators === "legacy")),
)("compiled by $name", ({ compile }) => {
  it.each(["A", "Db", "S3", "Level2", "V10"])("an actor may be named %s", (name) => {
    const source = `import { Actor, DurableActor, Method } from "durable-lambda";
        @Actor export class ${name} extends DurableActor { @Method hello() {} }`;
    const { [name]: type } = evaluate(compile(source), { "durable-lambda": durableLambda });
    expect(() => createRouter([type as ActorClass])).not.toThrow();
  });
});

it("says of each definition error that it is one", () => {
  const error = refused(() => actor());
  expect(error).toBeInstanceOf(DurableError);
  expect(error).toMatchObject({ name: "InvalidDefinition", code: "InvalidDefinition", retryable: false });
});
