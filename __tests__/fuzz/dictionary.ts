/** What is put into hostile inputs: JSON texts that have broken decoders, routers and prototypes elsewhere. */

/** A nesting so deep, of arrays, of objects, and of tags. */
export const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const nestedObjects = (levels: number) => `${'{"a":'.repeat(levels)}0${"}".repeat(levels)}`;
const nestedSets = (levels: number) => `${'{"$set":['.repeat(levels)}0${"]}".repeat(levels)}`;
const longText = (length: number) => JSON.stringify("x".repeat(length));
const manyOf = (element: string, count: number) => `[${Array(count).fill(element).join(",")}]`;

export const HOSTILE_TEXTS = [
  "",
  "a",
  "a/b",
  "a#b",
  "..",
  "%2e%2e%2f",
  "é",
  "🙂",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "then",
  "\u0000",
  "\n",
  "\ud800",
  "\uffff",
  "\uFEFF",
  "NaN",
  "-0",
  "1e999",
  "2026-02-30T00:00:00Z",
  "+275760-09-13T00:00:00.001Z",
  "5m",
  "0 0 30 2 *",
  "Europe/Berlin",
  "Vault",
  "Vault/a",
  "increment",
  "keep",
  "send",
  "start",
  "status",
];

const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "0.5",
  "64",
  "65",
  "900001",
  "2147483648",
  "9007199254740993",
  "8640000000000000",
  "8640000000000001",
  "1e21",
  "1e999",
  "-1e999",
  "5e-324",
];

const TAGS = [
  '{"$date":"2026-11-23T12:00:00.000Z"}',
  '{"$date":null}',
  '{"$date":"x"}',
  '{"$bigint":"12"}',
  '{"$bigint":"-"}',
  '{"$number":"NaN"}',
  '{"$number":"-0"}',
  '{"$number":1}',
  '{"$bytes":"AQID"}',
  '{"$bytes":"AQI"}',
  '{"$undefined":true}',
  '{"$undefined":0}',
  '{"$map":[["__proto__",1],[{"$date":null},{"$set":[]}]]}',
  '{"$map":[[1]]}',
  '{"$set":[1,1,{"$undefined":true}]}',
  '{"$object":{"$date":1}}',
  '{"$object":{"a":1}}',
  '{"$":0}',
];

const OBJECTS = [
  "{}",
  "[]",
  '{"__proto__":{"polluted":1}}',
  '{"__proto__":[]}',
  '{"__proto__":null,"a":1}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"constructor":"x","prototype":{"polluted":1}}',
  '{"toString":1,"valueOf":1}',
  '{"toString":null,"hasOwnProperty":0}',
  '{"then":1,"toJSON":2}',
  '{"length":4294967295}',
  '{"message":"m","code":"InternalError","retryable":true}',
];

/** Cheap ones: most of what is put in. */
export const VALUES: readonly string[] = [
  "null",
  "true",
  "false",
  ...NUMBERS,
  ...TAGS,
  ...OBJECTS,
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
];

/** What is at a limit, or beyond. Rare, since it takes time. */
export const LARGE_VALUES: readonly string[] = [
  nested(98),
  nested(100),
  nested(101),
  nested(6_000),
  nestedObjects(99),
  nestedObjects(101),
  nestedObjects(6_000),
  nestedSets(101),
  nestedSets(1_000),
  longText(300),
  longText(520),
  longText(20_000),
  JSON.stringify("é".repeat(300)),
  JSON.stringify("*a".repeat(1_000)),
  manyOf("0", 1_000),
  manyOf('{"a":[1,2],"b":1}', 100),
  manyOf(longText(641), 20),
  `{"$bigint":"${"9".repeat(10_001)}"}`,
];

export const KEYS: readonly string[] = [
  ...HOSTILE_TEXTS,
  "valueOf",
  "hasOwnProperty",
  "toJSON",
  "length",
  "name",
  "ctx",
  "count",
  "a.b",
  "$",
  "$date",
  "$map",
  "$set",
  "$object",
  "$undefined",
  "x".repeat(2_000),
].map((text) => JSON.stringify(text));
