/**
 * CloudWatch's filter patterns, as far as the docs use them: comparisons of a JSON line's fields, joined by `&&` and `||`, and
 * terms that a line has to contain.
 */

type Test = (line: string) => boolean;
type Fields = Readonly<Record<string, unknown>>;

/** @throws SyntaxError for what is not understood here */
export function filterPattern(pattern: string): Test {
  if (!pattern.startsWith("{")) return termsOf(pattern);
  const tokens = pattern.match(/\|\||&&|>=|<=|!=|[{}()=<>]|"[^"]*"|\$\.\w+|-?\d+(\.\d+)?|\S/g) ?? [];
  const parser = new Parser(tokens);
  const test = parser.whole();
  return (line) => {
    const fields = fieldsOf(line);
    return fields !== undefined && test(fields);
  };
}

/** Each must be there, as it is written. */
function termsOf(pattern: string): Test {
  const terms = pattern.match(/"[^"]+"|[\w]+/g) ?? [];
  if (terms.join(" ") !== pattern || terms.length === 0) throw new SyntaxError(`Not understood: ${pattern}`);
  return (line) => terms.every((term) => line.includes(term.replaceAll('"', "")));
}

/** A line that is no JSON fits no JSON pattern. */
function fieldsOf(line: string): Fields | undefined {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
}

type FieldsTest = (fields: Fields) => boolean;

class Parser {
  private next = 0;

  constructor(private readonly tokens: readonly string[]) {}

  whole(): FieldsTest {
    this.expect("{");
    const test = this.any();
    this.expect("}");
    if (this.next !== this.tokens.length) throw this.unexpected();
    return test;
  }

  private any(): FieldsTest {
    const tests = [this.all()];
    while (this.take("||")) tests.push(this.all());
    return (fields) => tests.some((test) => test(fields));
  }

  private all(): FieldsTest {
    const tests = [this.one()];
    while (this.take("&&")) tests.push(this.one());
    return (fields) => tests.every((test) => test(fields));
  }

  private one(): FieldsTest {
    if (!this.take("(")) return this.comparison();
    const test = this.any();
    this.expect(")");
    return test;
  }

  private comparison(): FieldsTest {
    const [selector = "", operator = "", value = ""] = this.tokens.slice(this.next, this.next + 3);
    if (!selector.startsWith("$.")) throw this.unexpected();
    this.next += 3;
    const name = selector.slice(2);
    if (value.startsWith('"')) {
      const text = value.slice(1, -1);
      if (operator === "=") return (fields) => fields[name] === text;
      if (operator === "!=") return (fields) => name in fields && fields[name] !== text;
    }
    const number = Number(value);
    const compare = { "=": eq, ">": gt, ">=": ge, "<": lt, "<=": le }[operator];
    if (Number.isNaN(number) || value === "" || compare === undefined) throw this.unexpected();
    return (fields) => typeof fields[name] === "number" && compare(fields[name], number);
  }

  private take(token: string): boolean {
    if (this.tokens[this.next] !== token) return false;
    this.next++;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.unexpected();
  }

  private unexpected(): SyntaxError {
    return new SyntaxError(`Not understood at ${this.next}: ${this.tokens.join(" ")}`);
  }
}

const eq = (a: number, b: number) => a === b;
const gt = (a: number, b: number) => a > b;
const ge = (a: number, b: number) => a >= b;
const lt = (a: number, b: number) => a < b;
const le = (a: number, b: number) => a <= b;
