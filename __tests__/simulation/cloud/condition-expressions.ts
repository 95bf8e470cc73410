/** Conditions: of a write on the item as it is, and of a query on keys. */
import { compareValues, invalid, type Value } from "./dynamo-values";
import {
  compiledOnce,
  type Expression,
  ExpressionParser,
  type NameOf,
  type Operand,
  type Scope,
  type ValueOf,
} from "./expressions";

export interface ConditionExpression extends Expression {
  holds(scope: Scope): boolean;
}

export interface KeyConditionExpression extends ConditionExpression {
  readonly partitionName: NameOf;
  readonly partitionValue: ValueOf;
  /** Undefined where it says nothing of the sort key. */
  readonly sortName: NameOf | undefined;
}

type Test = (scope: Scope) => boolean;

/** By the sign of what `compareValues` says. */
const ORDERS: Readonly<Record<string, (sign: number) => boolean>> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

export const conditionOf = compiledOnce((text) =>
  new ConditionParser(text, "ConditionExpression").condition(),
);

export const keyConditionOf = compiledOnce((text) =>
  new ConditionParser(text, "KeyConditionExpression").keyCondition(),
);

class ConditionParser extends ExpressionParser {
  private readonly inParentheses = new Set<Test>();

  condition(): ConditionExpression {
    return { holds: this.disjunction(), ...this.demanded() };
  }

  keyCondition(): KeyConditionExpression {
    const partitionName = this.name();
    this.expect("=");
    const partitionValue = this.value();
    if (!this.accept("AND")) {
      return { partitionName, partitionValue, sortName: undefined, holds: () => true, ...this.demanded() };
    }
    const start = this.position;
    if (this.accept("begins_with")) this.expect("(");
    const sortName = this.name();
    this.position = start;
    return { partitionName, partitionValue, sortName, holds: this.predicate(), ...this.demanded() };
  }

  private disjunction(): Test {
    const left = this.conjunction();
    if (!this.accept("OR")) return left;
    const right = this.disjunction();
    return (scope) => left(scope) || right(scope);
  }

  private conjunction(): Test {
    const left = this.negation();
    if (!this.accept("AND")) return left;
    const right = this.conjunction();
    return (scope) => left(scope) && right(scope);
  }

  private negation(): Test {
    if (!this.accept("NOT")) return this.predicate();
    const test = this.predicate();
    return (scope) => !test(scope);
  }

  private predicate(): Test {
    if (this.accept("(")) {
      const test = this.disjunction();
      this.expect(")");
      if (this.inParentheses.has(test)) {
        throw invalid(`Invalid ${this.kind}: The expression has redundant parentheses;`);
      }
      this.inParentheses.add(test);
      return test;
    }
    if (this.accept("attribute_exists")) {
      const attribute = this.argument();
      return (scope) => attribute(scope) !== undefined;
    }
    if (this.accept("attribute_not_exists")) {
      const attribute = this.argument();
      return (scope) => attribute(scope) === undefined;
    }
    return this.accept("begins_with") ? this.prefix() : this.comparison();
  }

  private argument(): Operand {
    this.expect("(");
    const attribute = this.attribute();
    this.expect(")");
    return attribute;
  }

  private prefix(): Test {
    this.expect("(");
    const attribute = this.attribute();
    this.expect(",");
    const prefixOf = this.value();
    this.expect(")");
    this.demand(isText, "Incorrect operand type for operator or function; function: begins_with", prefixOf);
    return (scope) => {
      const text = attribute(scope);
      return typeof text === "string" && text.startsWith(prefixOf(scope) as string);
    };
  }

  private comparison(): Test {
    const left = this.attribute();
    const operator = this.next();
    if (operator.toUpperCase() === "BETWEEN") {
      const lowerOf = this.value();
      this.expect("AND");
      return this.between(left, lowerOf, this.value());
    }
    const right = this.value();
    if (operator === "=") return (scope) => left(scope) === right(scope);
    // An attribute that is not there differs from every value.
    if (operator === "<>") return (scope) => left(scope) !== right(scope);
    const isInOrder = ORDERS[operator];
    if (isInOrder === undefined) throw this.unknown(operator);
    this.demand(isOrdered, `Incorrect operand type for operator or function; operator: ${operator}`, right);
    return (scope) => {
      const [value, other] = [left(scope), right(scope)];
      return isComparable(value, other) && isInOrder(compareValues(value, other));
    };
  }

  private between(operand: Operand, lowerOf: ValueOf, upperOf: ValueOf): Test {
    this.demand(
      (lower, upper) => isOrdered(lower) && isComparable(upper, lower) && compareValues(lower, upper) <= 0,
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
      lowerOf,
      upperOf,
    );
    return (scope) => {
      const [value, lower, upper] = [operand(scope), lowerOf(scope), upperOf(scope)];
      return (
        isComparable(value, lower) && compareValues(lower, value) <= 0 && compareValues(value, upper) <= 0
      );
    };
  }
}

const isText = (value: Value | undefined) => typeof value === "string";

function isOrdered(value: Value | undefined): value is string | number {
  return value !== undefined && typeof value !== "boolean";
}

/** Values of different types have no order, and no condition on it holds. */
function isComparable(value: Value | undefined, other: Value): value is Value {
  return value !== undefined && typeof value === typeof other;
}
