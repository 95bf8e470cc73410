/** Event patterns, and matching them: whatever the pattern and whatever the event, it ends soon. */
import fc from "fast-check";
import { checkPattern, matches } from "../../../lib/events/pattern";
import { promised } from "../finding";
import { hostileJson, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";

const PATTERNS = [
  '{"source":["shop"],"detail-type":[{"prefix":"P"}],"detail":{"a":[1,null,true],"b":{"c":[{"numeric":[">",0,"<=",5]}]}}}',
  '{"detail":{"$or":[{"a":[{"exists":false}]},{"b":[{"anything-but":["x","y"]}]},{"c":{"d":[{"suffix":{"equals-ignore-case":"Z"}}]}}]}}',
  '{"detail":{"x":{"y":[{"wildcard":"a*b*c\\\\*"}],"z":[{"anything-but":{"wildcard":"*a*"}}]},"x.w":[{"equals-ignore-case":"ß"}]}}',
  '{"detail":{"items":{"a":[1],"b":[1],"c":{"d":[2],"e":[3]}}}}',
];
const EVENTS = [
  '{"source":"shop","detail-type":"Paid","detail":{"a":1,"b":{"c":3},"x":{"y":"aabbcc*","z":"b","w":"SS"}}}',
  '{"detail":{"items":[{"a":1,"b":[1,2],"c":[{"d":2,"e":3},{"d":[2],"e":[3]}]},{"a":1,"b":1,"c":{"d":2,"e":3}}],"items.a":1}}',
  '{"detail":{"a":[[1],[[{"b":1}]]],"x":[{"y":"abc"},{"y":["abc*"]}]}}',
];

const leaf = oneOf(1, 2, "a", "abc", null, true);
/** Wide and deep: what a matcher that tries all ways would not come back from. */
const wide = fc
  .tuple(fc.nat(40), fc.constantFrom("a", "b", "items", "c"), leaf)
  .map(
    ([count, key, value]) =>
      `[${Array(count).fill(`{"${key}":[${value},${value}],"a":${value},"b":[{"c":${value}}]}`).join(",")}]`,
  );

const event = fc.oneof(
  { weight: 5, arbitrary: mutated(EVENTS) },
  { weight: 1, arbitrary: hostileJson },
  { weight: 1, arbitrary: wide.map((items) => `{"detail":{"items":${items},"a":${items},"x":${items}}}`) },
);

export const pattern: Target = {
  name: "pattern",
  weight: 90,
  inputs: fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: mutated(PATTERNS) }, { weight: 1, arbitrary: hostileJson }),
      event,
    )
    .map(([one, other]) => `[${one},${other}]`),
  refusals: ["InvalidDefinition"],
  feed(text) {
    const [given, against] = (JSON.parse(text) ?? []) as [unknown, unknown];
    const checked = checkPattern(given, "pattern");
    promised(JSON.stringify(checked) === JSON.stringify(given), "a pattern means what it says");
    promised(typeof matches(checked, against) === "boolean", "an event matches or not");
    return ACCEPTED;
  },
};
