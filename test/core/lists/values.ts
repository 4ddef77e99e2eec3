import type { Json, JsonObject } from "../../../lib/json.ts";
import fc, { codePoint } from "../../fast-check.ts";

/**
 * Few distinct keys and strings, so that random values often match. Includes keys with dots and names of object
 * properties.
 */
const key = fc.constantFrom("a", "b", "a.b", "", "__proto__", "constructor");
export const path = fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => keys.join("."));

/** Integers in this range are `bigint`s. */
const isLarge = (number: number): boolean =>
  Number.isInteger(number) && !Number.isSafeInteger(number) && Math.abs(number) < 1e38;

const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -7, 1.5, 1e39, "", "a", "A", "b", "ab", "5", "\uffff", "\u{1F600}"),
  fc.string({ unit: codePoint, maxLength: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !isLarge(number)),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 10n ** 21n, 10n ** 38n - 1n),
);

/** Created from entries, so that `__proto__` is an ordinary key. */
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie("json")), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));

export { json };

/** Objects of a list with unique ids and timestamps. */
export const objects = fc
  .array(fc.array(fc.tuple(key, json), { maxLength: 4 }), { maxLength: 12 })
  .map((all): JsonObject[] =>
    all.map((pairs, at) => ({
      ...Object.fromEntries(pairs),
      id: `r${at % 4}-${at}`,
      last_modified: 1000 + ((at * 7) % 13),
    })),
  );
