import { describe, expect, it } from "@jest/globals";
import { findSchemaIssue } from "../../../core/objects/check-schema.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { findDataIssue } from "../../../lib/json-schema/validate.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, place) => place);

/** Schemas of which each refers twice to the next. */
const tower = (keyword: string, top: JsonObject = {}): JsonObject => ({
  $ref: "#/$defs/0",
  $defs: Object.fromEntries(
    range(61).map((level) => [
      level,
      level === 60 ? top : { [keyword]: [{ $ref: `#/$defs/${level + 1}` }, { $ref: `#/$defs/${level + 1}` }] },
    ]),
  ),
});
const nested = (levels: number): Json => range(levels).reduce<Json>((a) => ({ a }), 1);

const COSTLY = /costs? too much to check|deep into itself|can be checked/;

describe("schemas made to keep a server busy end in words", () => {
  it.each<[string, JsonObject, Json]>([
    ["a schema that is itself", { $ref: "#" }, {}],
    ["all of itself", { allOf: [{ $ref: "#" }, { $ref: "#" }] }, {}],
    [
      "not itself, through each level of the data",
      { properties: { a: { not: { not: { not: { not: { not: { $ref: "#" } } } } } } } },
      nested(95),
    ],
    ["itself by $dynamicRef", { $id: "http://x.test/", $dynamicAnchor: "a", allOf: [{ $dynamicRef: "#a" }] }, {}],
    [
      "itself by $recursiveRef",
      {
        $schema: "https://json-schema.org/draft/2019-09/schema",
        $recursiveAnchor: true,
        anyOf: [{ $recursiveRef: "#" }],
      },
      {},
    ],
    ["a tower of allOf", tower("allOf"), {}],
    ["a tower of anyOf", tower("anyOf", { type: "string" }), {}],
    ["a tower of oneOf", tower("oneOf"), {}],
    ["a tower below unevaluatedProperties", { ...tower("allOf"), unevaluatedProperties: false }, { a: 1 }],
    [
      "uniqueItems over and over",
      { properties: { a: range(60).reduce<JsonObject>((a) => ({ uniqueItems: true, allOf: [a] }), {}) } },
      { a: range(20_000) },
    ],
    [
      "a long enum for many items",
      { properties: { a: { items: { enum: range(9000) } } } },
      { a: range(100).map(() => 8999) },
    ],
    [
      "many lengths of a long text",
      { properties: { a: { allOf: range(1500).map((maxLength) => ({ maxLength: 400_000 + maxLength })) } } },
      { a: "x".repeat(300_000) },
    ],
    [
      "a large pattern on a long text",
      { properties: { a: { pattern: "(a|b)*a(a|b){900}[cd]" } } },
      { a: "ab".repeat(100_000) },
    ],
    [
      "contains within contains",
      { properties: { a: { contains: { contains: { contains: { const: 1 } } } } } },
      { a: range(70).map(() => range(70).map(() => range(70).map(() => 0))) },
    ],
  ])("%s", async (_, schema, data) => {
    expect(await findSchemaIssue(schema)).toBeUndefined();
    expect(await findDataIssue(schema, data)).toEqual({ name: "schema", description: expect.stringMatching(COSTLY) });
  });

  it.each<[string, JsonObject]>([
    ["too long a schema", { enum: range(20_000) }],
    ["thousands of schemas", { allOf: range(20_000).map(() => ({})) }],
    [
      "hundreds of patterns",
      { patternProperties: Object.fromEntries(range(2000).map((each) => [`^(a|b)*${each}$`, {}])) },
    ],
    ["large patterns", { patternProperties: Object.fromEntries(range(300).map((each) => [`${each}x{900}`, {}])) }],
    ["a pattern of all classes, in either case", { pattern: `(?i)${"[\\w\\W]".repeat(5000)}` }],
  ])("%s", async (_, schema) => {
    expect(await findSchemaIssue(schema)).toMatch(COSTLY);
    expect(await findSchemaIssue(schema)).toMatch(COSTLY);
    expect(await findDataIssue(schema, {})).toMatchObject({ name: "schema" });
  });

  it.each([
    ["repetitions in repetitions", "^(a+)+$", `${"a".repeat(100_000)}!`],
    ["choices in repetitions", "^(a|aa|a*)*$", `${"a".repeat(10_000)}!`],
  ])("patterns take time in proportion to the text: %s", async (_, pattern, text) => {
    expect(await findDataIssue({ properties: { a: { pattern } } }, { a: text })).toMatchObject({ name: "a" });
  });

  it.each([
    ["many open parentheses", "(".repeat(20_000)],
    ["many open brackets", "[".repeat(50_000)],
    ["names without an end", "(?P<".repeat(10_000)],
    ["comments without an end", "(?#".repeat(10_000)],
  ])("patterns that are none are refused: %s", async (_, pattern) => {
    expect(await findSchemaIssue({ pattern })).toEqual(expect.stringMatching(/is not a 'regex'/));
  });

  it("numbers beyond all measure are only numbers", async () => {
    expect(await findDataIssue({ properties: { a: { minLength: 1e308 } } }, { a: "x" })).toMatchObject({ name: "a" });
    expect(await findDataIssue({ properties: { a: { multipleOf: 5e-324 } } }, { a: 1.7e308 })).toBeUndefined();
    expect(await findDataIssue({ properties: { a: { multipleOf: 1e308 } } }, { a: 3 })).toMatchObject({ name: "a" });
  });

  it("messages stay short however large schema and data are", async () => {
    const data = { a: range(50_000).map(() => "'\"\u0001") };
    for (const schema of [
      { not: {} },
      { type: "string" },
      { properties: { a: { maxItems: 1 } } },
      { enum: range(9000) },
    ] as const) {
      expect((await findDataIssue(schema as unknown as JsonObject, data))?.description.length).toBeLessThan(5000);
    }
  });

  it("what was too costly with some data is still good for other data", async () => {
    const schema: JsonObject = { properties: { a: { items: { enum: range(9000) } } } };
    expect(await findDataIssue(schema, { a: range(100).map(() => 8999) })).toMatchObject({ name: "schema" });
    expect(await findDataIssue(schema, { a: [8999] })).toBeUndefined();
  });
});
