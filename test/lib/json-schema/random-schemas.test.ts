import { registerSchema, unregisterSchema, validate } from "@hyperjump/json-schema/draft-2020-12";
import { describe, expect, it } from "@jest/globals";
import "@hyperjump/json-schema/draft-2019-09";
import "@hyperjump/json-schema/draft-07";
import "@hyperjump/json-schema/draft-06";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { DRAFTS } from "../../../lib/json-schema/drafts.ts";
import { compileSchema } from "../../../lib/json-schema/validate.ts";
import fc from "../../fast-check.ts";

const small = fc.integer({ min: 0, max: 3 });
const name = fc.constantFrom("a", "b", "ab", "c1");
const names = fc.uniqueArray(name, { maxLength: 2 });
const pattern = fc.constantFrom("a", "^a", "b$", "^[a-c]+$", "\\d", "^$");
const typeName = fc.constantFrom<Json>("array", "boolean", "integer", "null", "number", "object", "string");
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, 0, 1, 1.5, 2, 3, -1, "", "a", "ab", "b1", "😀"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  ),
}));

type Keywords = Readonly<Record<string, fc.Arbitrary<Json>>>;

/** Keywords of all drafts, with small values, so that data is valid about as often as not. */
const keywords6 = (schema: fc.Arbitrary<Json>): Keywords => {
  const several = fc.array(schema, { minLength: 1, maxLength: 2 });
  return {
    type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
    enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: (each) => JSON.stringify(each) }),
    const: value,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minimum: small,
    maximum: small,
    exclusiveMinimum: small,
    exclusiveMaximum: small,
    minLength: small,
    maxLength: small,
    pattern,
    contains: schema,
    minItems: small,
    maxItems: small,
    uniqueItems: fc.boolean(),
    items: fc.oneof(schema, several),
    additionalItems: schema,
    properties: fc.dictionary(name, schema, { maxKeys: 2 }),
    patternProperties: fc.dictionary(pattern, schema, { maxKeys: 1 }),
    additionalProperties: schema,
    propertyNames: schema,
    required: names,
    minProperties: small,
    maxProperties: small,
    dependencies: fc.dictionary(name, fc.oneof(schema, names), { maxKeys: 1 }),
    allOf: several,
    anyOf: several,
    oneOf: several,
    not: schema,
  };
};
const keywords7 = (schema: fc.Arbitrary<Json>): Keywords => ({
  ...keywords6(schema),
  if: schema,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas, not a method.
  then: schema,
  else: schema,
});
const keywords2019 = (schema: fc.Arbitrary<Json>): Keywords => {
  const { dependencies: _, ...kept } = keywords7(schema);
  return {
    ...kept,
    // Up to draft 7 hyperjump cannot resolve it, because it drops the definitions beside a reference.
    $ref: fc.constantFrom("#/definitions/a", "#/definitions/b"),
    minContains: small,
    maxContains: small,
    dependentRequired: fc.dictionary(name, names, { maxKeys: 1 }),
    dependentSchemas: fc.dictionary(name, schema, { maxKeys: 1 }),
    unevaluatedProperties: schema,
    unevaluatedItems: schema,
  };
};
const keywords2020 = (schema: fc.Arbitrary<Json>): Keywords => {
  const { additionalItems: _, ...kept } = keywords2019(schema);
  return { ...kept, items: schema, prefixItems: fc.array(schema, { minLength: 1, maxLength: 2 }) };
};

/**
 * Schemas of three levels with up to five keywords each. The definitions have no references, so none leads to itself.
 */
const schemasOf = (keywordsOf: (schema: fc.Arbitrary<Json>) => Keywords): fc.Arbitrary<JsonObject> => {
  const withKeywords = ({ ...keywords }: Keywords): fc.Arbitrary<JsonObject> =>
    fc
      .subarray(Object.keys(keywords), { minLength: 1, maxLength: 5 })
      .chain((chosen) =>
        fc.record(Object.fromEntries(chosen.map((key) => [key, keywords[key] as fc.Arbitrary<Json>]))),
      );
  const { $ref: _, ...withoutReference } = keywordsOf(fc.boolean()) as Record<string, fc.Arbitrary<Json>>;
  const leaf = withKeywords(withoutReference);
  const inner = fc.oneof(
    { weight: 1, arbitrary: fc.boolean() },
    { weight: 4, arbitrary: withKeywords(keywordsOf(leaf)) },
  );
  return fc
    .tuple(withKeywords(keywordsOf(inner)), leaf, leaf)
    .map(([schema, a, b]) => ({ ...schema, definitions: { a, b } }));
};

/** The generated objects have no prototype, unlike parsed JSON. */
const copy = <T extends Json>(json: T): T => JSON.parse(JSON.stringify(json)) as T;

let registered = 0;
const compileWithHyperjump = async (schema: JsonObject): Promise<(data: Json) => boolean> => {
  const uri = `http://random.test/${registered++}`;
  registerSchema(schema as Parameters<typeof registerSchema>[0], uri);
  const compiled = await validate(uri);
  unregisterSchema(uri);
  return (data) => compiled(data as Parameters<typeof compiled>[0]).valid;
};

describe.each([
  ["6", keywords6],
  ["7", keywords7],
  ["2019-09", keywords2019],
  ["2020-12", keywords2020],
] as const)("a random schema of draft %s", (draft, keywordsOf) => {
  it("has the same valid data as by @hyperjump/json-schema", async () => {
    const outcomes = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(schemasOf(keywordsOf), fc.array(value, { minLength: 5, maxLength: 10 }), async (random, all) => {
        const schema = { $schema: `${DRAFTS[draft].uri}${draft === "6" || draft === "7" ? "#" : ""}`, ...copy(random) };
        const compiled = await compileSchema(schema);
        const isValid = await compileWithHyperjump(schema);
        for (const data of copy(all)) {
          outcomes.add(isValid(data));
          expect([data, compiled.validate(data) === undefined]).toEqual([data, isValid(data)]);
        }
      }),
      { numRuns: 300 },
    );
    expect(outcomes.size).toBe(2);
  });
});
