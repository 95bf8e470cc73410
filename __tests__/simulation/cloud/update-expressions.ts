/** Updates: what SET, REMOVE and ADD make of an item. */
import { type Attributes, type Item, invalid, unsupported, type Value } from "./dynamo-values";
import {
  compiledOnce,
  type Expression,
  ExpressionParser,
  type NameOf,
  type Operand,
  type Scope,
} from "./expressions";

export interface UpdateExpression extends Expression {
  /** The attributes that it changes. */
  readonly targets: readonly NameOf[];
  /** Does nothing but take attributes away. */
  readonly onlyRemoves: boolean;
  apply(scope: Scope): Item;
}

interface Assignment {
  readonly target: NameOf;
  /** @param name what the target is called */
  readonly source: (scope: Scope, name: string) => Value;
}

export const updateOf = compiledOnce((text) => new UpdateParser(text, "UpdateExpression").update());

class UpdateParser extends ExpressionParser {
  private readonly assignments: Assignment[] = [];
  private readonly removed: NameOf[] = [];

  update(): UpdateExpression {
    const { assignments, removed } = this;
    const clauses = new Set<string>();
    const targets = new Set<string>();
    while (!this.isAtEnd) {
      const clause = this.next().toUpperCase();
      if (clauses.has(clause)) {
        throw invalid(`Invalid UpdateExpression: The "${clause}" section can only be used once;`);
      }
      clauses.add(clause);
      do {
        const target = this.peek();
        if (targets.has(target)) {
          throw invalid(
            `Invalid UpdateExpression: Two document paths overlap with each other; both: [${target}]`,
          );
        }
        targets.add(target);
        this.action(clause);
      } while (this.accept(","));
    }
    return {
      onlyRemoves: assignments.length === 0,
      targets: [...assignments.map(({ target }) => target), ...removed],
      apply: (scope) => applied(scope, assignments, removed),
      ...this.demanded(),
    };
  }

  private action(clause: string): void {
    if (clause === "SET") this.assignments.push(this.assignment());
    else if (clause === "ADD") this.assignments.push(this.addition());
    else if (clause === "REMOVE") this.removed.push(this.name());
    else throw this.unknown(clause);
  }

  private assignment(): Assignment {
    const target = this.name();
    this.expect("=");
    const operand = this.operand();
    const source = (scope: Scope) => {
      const value = operand(scope);
      if (value !== undefined) return value;
      throw invalid("The provided expression refers to an attribute that does not exist in the item");
    };
    return { target, source };
  }

  private operand(): Operand {
    if (!this.accept("if_not_exists")) {
      return this.peek().startsWith(":") ? this.value() : this.attribute();
    }
    this.expect("(");
    const attribute = this.attribute();
    this.expect(",");
    const byDefault = this.operand();
    this.expect(")");
    return (scope) => attribute(scope) ?? byDefault(scope);
  }

  private addition(): Assignment {
    const target = this.name();
    const addend = this.value();
    const isNumber = (value: Value) => typeof value === "number";
    this.demand(isNumber, "Incorrect operand type for operator or function; operator: ADD", addend);
    const source = (scope: Scope, name: string) => {
      const [old = 0, more] = [scope.item[name], addend(scope) as number];
      if (typeof old !== "number") {
        throw invalid("An operand in the update expression has an incorrect data type");
      }
      const sum = old + more;
      if (!Number.isSafeInteger(sum)) throw unsupported("a sum that is no exact whole number", this.text);
      return sum;
    };
    return { target, source };
  }
}

/** All sources are read from the item as it was. */
function applied(scope: Scope, assignments: readonly Assignment[], removed: readonly NameOf[]): Item {
  const names = removed.map((nameOf) => nameOf(scope));
  const after: Attributes = {};
  for (const name in scope.item) {
    if (!names.includes(name)) after[name] = scope.item[name] as Value;
  }
  for (const { target, source } of assignments) {
    const name = target(scope);
    after[name] = source(scope, name);
  }
  return after;
}
