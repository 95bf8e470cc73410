/**
 * What compiles of `@Method({ input })`, in both of TypeScript's decorator modes, and of middleware. Never run: `types.test.ts`
 * compiles it, and expects below each comment `@ts-expect-error` the errors whose codes the comment names.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import {
  Actor,
  type ActorEvent,
  type Authorize,
  type CallContext,
  type Client,
  contextKey,
  createRouter,
  DurableActor,
  type HttpCall,
  Method,
  type MethodOptions,
  type Middleware,
  On,
} from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import * as v from "valibot";
import { z } from "zod";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_A, _B>(_same: Same<_A, _B>): void => {};

declare const client: Client;
declare const ark: typeof import("arktype", { with: { "resolution-mode": "import" }});
declare const untyped: StandardSchemaV1;
declare const options: MethodOptions;

const sale = z.object({ amount: z.number(), note: z.string().default("") });
type Sale = z.infer<typeof sale>;
const dated = z.object({ at: z.string().transform((text) => new Date(text)) });

@Actor
export class Till extends DurableActor {
  @Method({ input: sale }) exact(_sale: Sale): number {
    return 1;
  }
  @Method({ input: sale, readonly: true }) wider(_sale: { amount: number | string }): void {}
  @Method({ input: sale }) unknownOne(_sale: unknown): void {}
  @Method({ input: sale }) async later(_sale: Sale): Promise<void> {}
  @Method({ input: sale }) none(): void {}
  @Method({ input: sale }) more(_sale: Sale, _more?: string): void {}
  @Method({ input: dated }) transformed(_dated: { at: Date }): void {}
  @Method({ input: v.object({ name: v.string() }) }) byValibot({ name }: { name: string }): string {
    return name;
  }
  @Method({ input: ark.type({ name: "string" }) }) byArktype({ name }: { name: string }): string {
    return name;
  }
  @Method({ input: untyped }) untyped(_any: unknown): void {}
  @Method({ input: [z.string(), v.number()] }) two(_name: string, _count: number): void {}
  @Method({ input: [z.string(), z.number().optional()] }) optional(_name: string, _count?: number): void {}
  @Method({ input: [] }) nothing(): void {}
  @Method(options) given(_a: string, _b: number): void {}
  @Method({ maxAttempts: 2 }) without(_a: string, _b: Date): void {}
  @On({ source: "shop", detailType: "Sold", id: "detail.id" })
  @Method({ input: z.object({ detail: sale }) })
  sold({ detail }: Pick<ActorEvent<Sale>, "detail">): number {
    return detail.amount;
  }
}

@Actor
export class WrongTill extends DurableActor {
  // @ts-expect-error TS1241: a field of another type
  @Method({ input: sale }) field(_sale: { amount: string }): void {}
  // @ts-expect-error TS1241: a field that the schema does not put out
  @Method({ input: sale }) missing(_sale: { amount: number; by: string }): void {}
  // @ts-expect-error TS1241: what the schema takes, and not what it puts out
  @Method({ input: dated }) raw(_dated: { at: string }): void {}
  // @ts-expect-error TS1241: another parameter that nothing is given for
  @Method({ input: sale }) more(_sale: Sale, _more: string): void {}
  // @ts-expect-error TS1241: the wrong way round
  @Method({ input: [z.string(), z.number()] }) swapped(_count: number, _name: string): void {}
  // @ts-expect-error TS1241: more than one schema for it
  @Method({ input: [z.string()] }) tooMany(_name: string, _count: number): void {}
  // @ts-expect-error TS1241: a parameter that is given nothing
  @Method({ input: [] }) nothing(_name: string): void {}
  // @ts-expect-error TS1241: by valibot
  @Method({ input: v.string() }) byValibot(_name: number): void {}
  // @ts-expect-error TS1241: by arktype
  @Method({ input: ark.type("string") }) byArktype(_name: number): void {}
  // @ts-expect-error TS1241: a schema that says nothing of its type
  @Method({ input: untyped }) untyped(_name: string): void {}
  // @ts-expect-error TS1241 TS2353: no schema at all
  @Method({ input: { amount: "number" } }) noSchema(_any: unknown): void {}
}

export async function callers(): Promise<void> {
  const till = client.actor(Till).get("t");
  same<Parameters<typeof till.exact>, [Sale]>(true);
  same<ReturnType<typeof till.exact>, Promise<number>>(true);
  await till.exact({ amount: 1, note: "" });
  // @ts-expect-error TS2322: a caller is told too
  await till.exact({ amount: "1", note: "" });
}

const CurrentUser = contextKey<{ readonly name: string }>("user");
const Count = contextKey<number>("count");

export function contexts(context: CallContext): void {
  const user = context.get(CurrentUser);
  same<typeof user, { readonly name: string } | undefined>(true);
  context.set(CurrentUser, { name: "ann" });
  // @ts-expect-error TS2345: another key's value
  context.set(Count, "1");
  // @ts-expect-error TS2353: not a user
  context.set(CurrentUser, { title: "x" });
  // @ts-expect-error TS2345: a key is made by contextKey
  context.get("user");
}

@Actor
export class Reader extends DurableActor {
  @Method read(): string | undefined {
    return this.ctx.context.get(CurrentUser)?.name;
  }
}

const middleware: Middleware = async (call, next) => {
  same<typeof call.mode, "call" | "send" | "start" | "reminder" | "expiry">(true);
  same<typeof call.args, readonly unknown[]>(true);
  // @ts-expect-error TS2540: what is asked for stays as it is
  call.method = "other";
  const value = await next();
  same<typeof value, unknown>(true);
  return value;
};

const authorize: Authorize = ({ authorizer, headers, context }: HttpCall) => {
  context.set(CurrentUser, { name: headers["x-user"] ?? "" });
  return authorizer?.jwt !== undefined;
};

export function options_(): void {
  createRouter([Till], { use: [middleware, (_call, next) => next(), () => "instead"], authorize });
  createRouter([Till], { authorize: async () => true });
  createTestApp([Till], { use: [middleware] });
  // @ts-expect-error TS2322: no function
  createRouter([Till], { use: ["middleware"] });
  // @ts-expect-error TS2322: an answer that may be missing lets nobody in
  createRouter([Till], { authorize: () => undefined });
  // @ts-expect-error TS2322: neither does one that says nothing
  createRouter([Till], { authorize: async () => {} });
}
