/**
 * DynamoDB's expressions, as far as this project has a use for them: what conditions and updates have in common. A text is
 * compiled once, to functions of the item and of what the request's placeholders stand for. What the grammar here does not
 * know is an error of the simulation, never a guess at what DynamoDB would do.
 */
import { type Item, invalid, unsupported, type Value } from "./dynamo-values";

/** What an expression is evaluated on. */
export interface Scope {
  readonly item: Item;
  /** By alias, such as `#state`. */
  readonly names: Readonly<Record<string, string>>;
  /** By placeholder, such as `:state`. */
  readonly values: Item;
}

/** What an expression demands of its request, whatever the item is. */
export interface Expression {
  readonly aliases: ReadonlySet<string>;
  readonly placeholders: ReadonlySet<string>;
  /** Each throws a ValidationException for values that it cannot work with. */
  readonly demands: readonly Demand[];
}

type Demand = (values: Item) => void;

export type NameOf = (scope: Scope) => string;
export type ValueOf = (scope: Scope) => Value;
/** Undefined where the item lacks the attribute. */
export type Operand = (scope: Scope) => Value | undefined;

const MAX_BYTES = 4_096;
const TOKEN = /\s*([#:]?\w+|<=|>=|<>|[=<>(),])/y;

export class ExpressionParser {
  protected position = 0;
  private readonly tokens: readonly string[];
  private readonly aliases = new Set<string>();
  private readonly placeholders = new Set<string>();
  private readonly demands: Demand[] = [];

  /** @param kind the field of the request */
  constructor(
    protected readonly text: string,
    protected readonly kind: string,
  ) {
    this.tokens = tokensOf(text);
    if (this.tokens.length === 0) throw invalid(`Invalid ${kind}: The expression can not be empty;`);
    if (text.length > MAX_BYTES) throw invalid(`Invalid ${kind}: Expression size has exceeded ${MAX_BYTES}`);
  }

  protected get isAtEnd(): boolean {
    return this.position >= this.tokens.length;
  }

  /** What all of the expression demands, when it was read to its end. */
  protected demanded(): Expression {
    if (!this.isAtEnd) throw this.unknown(this.peek());
    const { aliases, placeholders, demands } = this;
    return { aliases, placeholders, demands };
  }

  /** A demand on values, each given by its place in the request. */
  protected demand(isMet: (...values: Value[]) => boolean, problem: string, ...operands: ValueOf[]): void {
    this.demands.push((values) => {
      const given = operands.map((operand) => operand({ item: values, names: {}, values }));
      if (!isMet(...given)) throw invalid(`Invalid ${this.kind}: ${problem}`);
    });
  }

  protected attribute(): Operand {
    const nameOf = this.name();
    return (scope) => scope.item[nameOf(scope)];
  }

  /** Some bare names are reserved words, of which there is no list here; those of keys are none. */
  protected name(): NameOf {
    const token = this.next();
    if (token.startsWith("#")) {
      this.aliases.add(token);
      return (scope) => scope.names[token] as string;
    }
    if (this.kind !== "KeyConditionExpression" || !/^[A-Za-z]/.test(token)) throw this.unknown(token);
    return () => token;
  }

  protected value(): ValueOf {
    const token = this.next();
    if (!token.startsWith(":")) throw this.unknown(token);
    this.placeholders.add(token);
    return (scope) => scope.values[token] as Value;
  }

  protected peek(): string {
    return this.tokens[this.position] ?? "";
  }

  protected next(): string {
    const token = this.peek();
    this.position++;
    return token;
  }

  protected accept(word: string): boolean {
    if (this.peek().toUpperCase() !== word.toUpperCase()) return false;
    this.position++;
    return true;
  }

  protected expect(word: string): void {
    if (!this.accept(word)) throw this.unknown(this.peek());
  }

  protected unknown(token: string): Error {
    return unsupported(token === "" ? "this end" : `"${token}" at this place`, this.text);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw unsupported(`"${text.slice(at)}"`, text);
    tokens.push(token);
  }
  return tokens;
}

/** There are only a few texts, and each is sent again and again. */
export function compiledOnce<T>(compile: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let compiled = known.get(text);
    if (compiled === undefined) {
      compiled = compile(text);
      known.set(text, compiled);
    }
    return compiled;
  };
}
