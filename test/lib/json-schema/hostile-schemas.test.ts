import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { BudgetExceededError } from "../../../lib/json-schema/limits.ts";
import { compileSchema, validate } from "../../../lib/json-schema/validate.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A tower of schemas. Each refers twice to the next, so that there are 2^60 ways to the top. */
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

describe("a hostile schema", () => {
  it.each<[string, JsonObject, Json]>([
    ["a reference to itself", { $ref: "#" }, {}],
    ["allOf with two references to itself", { allOf: [{ $ref: "#" }, { $ref: "#" }] }, {}],
    [
      "nested not with a reference to itself, for each level of the data",
      { properties: { a: { not: { not: { not: { not: { not: { $ref: "#" } } } } } } } },
      nested(95),
    ],
    ["a $dynamicRef to itself", { $id: "http://x.test/", $dynamicAnchor: "a", allOf: [{ $dynamicRef: "#a" }] }, {}],
    [
      "a $recursiveRef to itself",
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
      "uniqueItems repeated on a large array",
      { properties: { a: range(60).reduce<JsonObject>((a) => ({ uniqueItems: true, allOf: [a] }), {}) } },
      { a: range(20_000) },
    ],
    [
      "a long enum for many items",
      { properties: { a: { items: { enum: range(9000) } } } },
      { a: range(100).map(() => 8999) },
    ],
    [
      "maxLength repeated on a long text",
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
  ])("compiles, and exceeds the budget when it validates: %s", async (_, schema, data) => {
    const compiled = await compileSchema(schema);
    expect(() => compiled.validate(data)).toThrow(BudgetExceededError);
  });

  it.each<[string, JsonObject]>([
    ["a schema that is too long", { enum: range(20_000) }],
    ["thousands of schemas", { allOf: range(20_000).map(() => ({})) }],
    [
      "hundreds of patterns",
      { patternProperties: Object.fromEntries(range(2000).map((each) => [`^(a|b)*${each}$`, {}])) },
    ],
    ["large patterns", { patternProperties: Object.fromEntries(range(300).map((each) => [`${each}x{900}`, {}])) }],
    ["a pattern of classes that ignores case", { pattern: `(?i)${"[\\w\\W]".repeat(5000)}` }],
  ])("exceeds the budget when it is compiled, again from the cache: %s", async (_, schema) => {
    await expect(compileSchema(schema)).rejects.toThrow(BudgetExceededError);
    await expect(compileSchema(schema)).rejects.toThrow(BudgetExceededError);
    await expect(validate(schema, {})).rejects.toThrow(BudgetExceededError);
  });

  it.each([
    ["repetitions in repetitions", "^(a+)+$", `${"a".repeat(100_000)}!`],
    ["choices in repetitions", "^(a|aa|a*)*$", `${"a".repeat(10_000)}!`],
  ])("has patterns that run in linear time: %s", async (_, pattern, text) => {
    expect(await validate({ properties: { a: { pattern } } }, { a: text })).toMatchObject({ path: ["a"] });
  });

  it("is refused in linear time for a URI of many #", async () => {
    const started = performance.now();
    await expect(compileSchema({ $id: `${"#".repeat(60_000)}x` })).rejects.toThrow(/\$id/);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it.each([
    ["many open parentheses", "(".repeat(20_000)],
    ["many open brackets", "[".repeat(50_000)],
    ["names without an end", "(?P<".repeat(10_000)],
    ["comments without an end", "(?#".repeat(10_000)],
  ])("is refused for an invalid pattern: %s", async (_, pattern) => {
    await expect(compileSchema({ pattern })).rejects.toThrow(/is not a 'regex'/);
  });

  it("may have numbers near the limits of a double", async () => {
    expect(await validate({ properties: { a: { minLength: 1e308 } } }, { a: "x" })).toMatchObject({ path: ["a"] });
    expect(await validate({ properties: { a: { multipleOf: 5e-324 } } }, { a: 1.7e308 })).toBeUndefined();
    expect(await validate({ properties: { a: { multipleOf: 1e308 } } }, { a: 3 })).toMatchObject({ path: ["a"] });
  });

  it("gets a short message however large schema and data are", async () => {
    const data = { a: range(50_000).map(() => "'\"\u0001") };
    for (const schema of [
      { not: {} },
      { type: "string" },
      { properties: { a: { maxItems: 1 } } },
      { enum: range(9000) },
    ] as const) {
      expect((await validate(schema as unknown as JsonObject, data))?.message.length).toBeLessThan(5000);
    }
  });

  it("validates small data after it exceeded the budget with large data", async () => {
    const schema: JsonObject = { properties: { a: { items: { enum: range(9000) } } } };
    await expect(validate(schema, { a: range(100).map(() => 8999) })).rejects.toThrow(BudgetExceededError);
    expect(await validate(schema, { a: [8999] })).toBeUndefined();
  });

  it("exceeds a smaller budget earlier", async () => {
    const { validate } = await compileSchema({ items: { type: "integer" } });

    expect(validate(range(100), { budget: 1000 })).toBeUndefined();
    expect(() => validate(range(100), { budget: 100 })).toThrow(BudgetExceededError);
  });
});
