/** What a new app is called. */
import { nameLike, problemOfName, stackNameOf } from "../../cli/create/app-name";

const TAKEN = ["durable-lambda", "@types/node"];

test.each(["shop", "a", "2-shops", "shop.v2", "a_b", "@acme/shop", "@a.b/2", "x".repeat(214)])(
  "npm takes %s",
  (name) => expect(problemOfName(name, TAKEN)).toBeUndefined(),
);

test.each([
  "",
  "@",
  "@/",
  "@acme",
  "@acme/",
  "@/shop",
  "@acme/.shop",
  "acme/shop",
  "@a/b/c",
  "a b",
  "-a",
  "a~",
  "@types/node",
])("npm does not take %j", (name) => expect(problemOfName(name, TAKEN)).toEqual(expect.any(String)));

test.each([
  "",
  "...",
  "My Shop",
  "@acme/My Shop",
  "-_.",
  "durable-lambda",
  "process",
  "日本",
  "ﬁsh",
  "a\u0000b",
  `${"y".repeat(49)}.z`,
])("what is suggested for %j can be taken", (given) =>
  expect(problemOfName(nameLike(given, TAKEN), TAKEN)).toBeUndefined(),
);

test.each([
  ["Shop", "it has capital letters", "shop"],
  ["café au lait", "it has other characters than a-z, 0-9, - . and _", "cafe-au-lait"],
  [".hidden", "it begins with a dot, a hyphen or an underscore", "hidden"],
  ["node_modules", "Node or npm uses it", "node_modules-app"],
  ["events", "Node or npm uses it", "events-app"],
  ["durable-lambda", "the app uses a package of that name", "durable-lambda-app"],
  ["日本", "it has other characters than a-z, 0-9, - . and _", "my-app"],
])("%s is refused: %s; %s is suggested", (name, problem, suggestion) => {
  expect([problemOfName(name, TAKEN), nameLike(name, TAKEN)]).toEqual([problem, suggestion]);
});

test.each([
  ["my-app", "MyApp"],
  ["shop.v2_next", "ShopV2Next"],
  ["@acme/shop", "Shop"],
  ["2-shops", "App2Shops"],
  ["x".repeat(214), `X${"x".repeat(99)}`],
])("the stack of %s is %s", (name, stack) => expect(stackNameOf(name)).toBe(stack));
