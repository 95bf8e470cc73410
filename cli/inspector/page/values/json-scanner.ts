/**
 * Reads JSON values that people type, one after the other, and says in plain words what is wrong and where: a browser's own
 * parser says "Unexpected token", each browser in its own way. It checks and finds the ends; `JSON.parse` makes the values.
 */
import type { Json } from "./json";
import { readTag, tagOf } from "./packed";

/** At an offset in the text. */
export class JsonProblem extends Error {
  override readonly name = "JsonProblem";
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** As deep as values may be. */
const MAX_DEPTH = 100;

const BLANK = /[\s,]*/y;
const SPACE = /\s*/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBERISH = /[-+.\d][\w.+-]*/y;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

const WORDS: Readonly<Record<string, string>> = {
  undefined: 'undefined is written {"$undefined":true}.',
  NaN: 'NaN is written {"$number":"NaN"}.',
  Infinity: 'Infinity is written {"$number":"Infinity"}.',
  new: 'A Date is written {"$date":"2026-11-23T12:00:00.000Z"}, a Map {"$map":[["key",1]]}, a Set {"$set":[1,2]}.',
  True: "It is written true, in small letters.",
  False: "It is written false, in small letters.",
  None: "Nothing is written null.",
};

const BODIES: Readonly<Record<string, string>> = {
  $date: 'a Date as an ISO text in UTC with milliseconds: {"$date":"2026-11-23T12:00:00.000Z"}',
  $bigint: 'the digits of a bigint: {"$bigint":"12"}',
  $number: '"NaN", "Infinity", "-Infinity" or "-0"',
  $undefined: "true",
  $bytes: 'bytes as base64: {"$bytes":"AQID"}',
  $set: 'a list of values: {"$set":[1,2]}',
  $map: 'a list of pairs: {"$map":[["key",1]]}',
  $object: 'an object with one key that begins with "$"',
};

export class JsonScanner {
  private at = 0;

  constructor(private readonly text: string) {}

  /** The next value; undefined at the end. @throws JsonProblem */
  next(): Json | undefined {
    this.skip(BLANK);
    if (this.at >= this.text.length) return undefined;
    const from = this.at;
    raise(this.value(0));
    return JSON.parse(this.text.slice(from, this.at)) as Json;
  }

  /** @returns what is wrong with it as a tag, which is for whatever it is in to say */
  private value(depth: number): JsonProblem | undefined {
    if (depth > MAX_DEPTH) throw this.problem(`Values are nested at most ${MAX_DEPTH} levels deep.`);
    const one = this.text[this.at];
    if (one === undefined) throw this.problem("A value is missing here.");
    if (one === '"') this.string();
    else if (one === "{") return this.object(depth);
    else if (one === "[") this.array(depth);
    else if (/[-+.\d]/.test(one)) this.number();
    else this.word(one);
    return undefined;
  }

  private string(): void {
    const from = this.at;
    for (this.at++; this.at < this.text.length; this.at++) {
      const one = this.text[this.at] as string;
      if (one === '"') {
        this.at++;
        this.checkEscapes(from);
        return;
      }
      if (one === "\n")
        throw this.problem(
          'The text that begins here has no closing " on its line. A line break is written \\n.',
          from,
        );
      if (one < " ") throw this.problem("A text holds no control characters. A tab is written \\t.");
      if (one === "\\") this.at++;
    }
    throw this.problem('The text that begins here has no closing ".', from);
  }

  private checkEscapes(from: number): void {
    const text = this.text.slice(from, this.at);
    for (const { 0: escaped, index } of text.matchAll(/\\(?:u.{0,4}|.)/gs)) {
      if (!/^\\(["\\/bfnrt]|u[\da-fA-F]{4})$/.test(escaped))
        throw this.problem(
          `${escaped.slice(0, 2)} means nothing in a text. A backslash is written \\\\.`,
          from + index,
        );
    }
  }

  private object(depth: number): JsonProblem | undefined {
    const from = this.at;
    const inside: (JsonProblem | undefined)[] = [];
    this.at++;
    if (this.closes("}")) return undefined;
    for (;;) {
      this.key();
      this.skip(SPACE);
      if (this.text[this.at] !== ":") throw this.problem("A : and a value are missing after the key.");
      this.at++;
      this.skip(SPACE);
      inside.push(this.value(depth + 1));
      if (this.ends("}", from, "object")) break;
    }
    return this.checkTag(from, inside);
  }

  private key(): void {
    const one = this.text[this.at];
    if (one === '"') {
      this.string();
      return;
    }
    if (one === "}") throw this.problem("No comma stands before the closing }.");
    if (one === undefined) throw this.problem("The object has no closing }.");
    const word = this.match(WORD);
    throw this.problem(
      word === "" ? "A key in double quotes is missing here." : `A key is in double quotes: "${word}".`,
    );
  }

  private array(depth: number): void {
    const from = this.at;
    this.at++;
    if (this.closes("]")) return;
    for (;;) {
      if (this.text[this.at] === "]") throw this.problem("No comma stands before the closing ].");
      raise(this.value(depth + 1));
      if (this.ends("]", from, "list")) return;
    }
  }

  /** True for a bracket that closes at once. */
  private closes(bracket: string): boolean {
    this.skip(SPACE);
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  /** After an element: true at the closing bracket, false at a comma. */
  private ends(bracket: string, from: number, what: string): boolean {
    if (this.closes(bracket)) return true;
    const one = this.text[this.at];
    if (one === undefined)
      throw this.problem(`The ${what} that begins here has no closing ${bracket}.`, from);
    if (one !== ",") throw this.problem(`A comma or the closing ${bracket} is missing here.`);
    this.at++;
    this.skip(SPACE);
    return false;
  }

  private number(): void {
    const text = this.match(NUMBERISH);
    if (NUMBER.test(text)) {
      this.at += text.length;
      return;
    }
    if (/^-?\d+n$/.test(text)) throw this.problem(`A bigint is written {"$bigint":"${text.slice(0, -1)}"}.`);
    if (text === "-Infinity") throw this.problem('-Infinity is written {"$number":"-Infinity"}.');
    throw this.problem(
      `${text} is no number as JSON writes them, such as 12, -0.5 or 1e6. Is it a text? Then write "${text}".`,
    );
  }

  private word(first: string): void {
    const word = this.match(WORD);
    if (word === "true" || word === "false" || word === "null") {
      this.at += word.length;
      return;
    }
    const hint = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (hint !== undefined) throw this.problem(hint);
    if (word !== "") throw this.problem(`${word} is no JSON value. Is it a text? Then write "${word}".`);
    if (first === "'" || first === "`") throw this.problem('Texts are in double quotes: "like this".');
    if (this.text.startsWith("//", this.at)) throw this.problem("JSON has no comments.");
    throw this.problem(`${first} begins no value. Arguments are JSON values, one per line.`);
  }

  private checkTag(from: number, inside: readonly (JsonProblem | undefined)[]): JsonProblem | undefined {
    const object = JSON.parse(this.text.slice(from, this.at)) as Record<string, Json>;
    const tag = tagOf(object);
    // What is wrapped in it would be a tag otherwise.
    if (tag !== "$object") inside.forEach(raise);
    if (tag === undefined || readTag(tag, object[tag] as Json) !== undefined) return undefined;
    const body = Object.hasOwn(BODIES, tag) ? BODIES[tag] : undefined;
    return this.problem(
      body === undefined
        ? `${tag} is no known tag. An object with one key that begins with "$" is written {"$object":{"${tag}":…}}.`
        : `${tag} holds ${body}.`,
      from,
    );
  }

  private skip(pattern: RegExp): void {
    this.at += this.match(pattern).length;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0] ?? "";
  }

  private problem(message: string, offset = this.at): JsonProblem {
    return new JsonProblem(offset, message);
  }
}

function raise(problem: JsonProblem | undefined): void {
  if (problem !== undefined) throw problem;
}
