import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { findDataIssue } from "../../../lib/json-schema/validate.ts";
import fc from "../../fast-check.ts";

const DRAFTS = {
  4: "http://json-schema.org/draft-04/schema#",
  6: "http://json-schema.org/draft-06/schema#",
  7: "http://json-schema.org/draft-07/schema#",
  2019: "https://json-schema.org/draft/2019-09/schema",
  2020: "https://json-schema.org/draft/2020-12/schema",
} as const;
type DraftName = keyof typeof DRAFTS;

const names = (text: string): JsonObject => JSON.parse(text) as JsonObject;

describe("what violates a schema is told in Kinto's words, and where Kinto sees it", () => {
  it.each<[JsonObject, Json, string | null, string]>([
    [{ required: ["a"] }, {}, "a", "'a' is a required property"],
    [{ required: ["a", "b"] }, {}, "b", "'a' is a required property"],
    [{ properties: { a: { type: "string" } } }, { a: 1 }, "a", "1 is not of type 'string'"],
    [
      { properties: { a: { type: ["string", "null"] } } },
      { a: [true, null, 1.5] },
      "a",
      "[True, None, 1.5] is not of type 'string', 'null'",
    ],
    [{ properties: { a: { items: { type: "string" } } } }, { a: ["x", 2] }, "1", "2 is not of type 'string'"],
    [{ type: "array" }, {}, "y", "{} is not of type 'array'"],
    [{ type: ["array", "string"] }, {}, "string", "{} is not of type 'array', 'string'"],
    [{ enum: [{ a: 1 }, true, null, "x"] }, { a: 2 }, "x", "{'a': 2} is not one of [{'a': 1}, True, None, 'x']"],
    [{ enum: ["x", null] }, {}, null, "{} is not one of ['x', None]"],
    [{ properties: { a: { const: "x" } } }, { a: "it's" }, "a", "'x' was expected"],
    [
      { properties: { a: { enum: ["x"] } } },
      { a: "it's \"\n\u00e9\u200b😀" },
      "a",
      "'it\\'s \"\\né\\u200b😀' is not one of ['x']",
    ],
    [{ properties: { a: { maximum: 3 } } }, { a: 4 }, "a", "4 is greater than the maximum of 3"],
    [{ properties: { a: { minimum: 3 } } }, { a: 0.00001 }, "a", "1e-05 is less than the minimum of 3"],
    [{ properties: { a: { exclusiveMaximum: 3 } } }, { a: 3 }, "a", "3 is greater than or equal to the maximum of 3"],
    [{ properties: { a: { exclusiveMinimum: 3 } } }, { a: 3 }, "a", "3 is less than or equal to the minimum of 3"],
    [{ properties: { a: { multipleOf: 2 } } }, { a: 3 }, "a", "3 is not a multiple of 2"],
    [{ properties: { a: { minLength: 1 } } }, { a: "" }, "a", "'' should be non-empty"],
    [{ properties: { a: { minLength: 3 } } }, { a: "😀😀" }, "a", "'😀😀' is too short"],
    [{ properties: { a: { maxLength: 1 } } }, { a: "ab" }, "a", "'ab' is too long"],
    [{ properties: { a: { maxItems: 1 } } }, { a: [1, 2] }, "a", "[1, 2] is too long"],
    [{ properties: { a: { maxItems: 0 } } }, { a: [1] }, "a", "[1] is expected to be empty"],
    [
      { properties: { a: { uniqueItems: true } } },
      { a: [1, { b: 2, c: 3 }, { c: 3, b: 2 }] },
      "a",
      "[1, {'b': 2, 'c': 3}, {'c': 3, 'b': 2}] has non-unique elements",
    ],
    [{ properties: { a: { pattern: "^x" } } }, { a: "r" }, "a", "'r' does not match '^x'"],
    [{ maxProperties: 0 }, { a: 1 }, "maxProperties", "{'a': 1} is expected to be empty"],
    [{ minProperties: 3 }, { a: 1 }, "minProperties", "{'a': 1} does not have enough properties"],
    [
      { additionalProperties: false },
      { b: 1, a: 2 },
      "additionalProperties",
      "Additional properties are not allowed ('a', 'b' were unexpected)",
    ],
    [
      { additionalProperties: false, patternProperties: { "^x": {} } },
      { a: 1, x: 2 },
      "additionalProperties",
      "'a' does not match any of the regexes: '^x'",
    ],
    [{ propertyNames: { pattern: "^x" } }, { a: 1 }, "x", "'a' does not match '^x'"],
    [{ not: {} }, { a: 1 }, "not", "{'a': 1} should not be valid under {}"],
    [{ properties: { a: false } }, { a: 1 }, "properties", "False schema does not allow 1"],
    [
      { anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      { c: 1 },
      "{'required': ['b']}",
      "{'c': 1} is not valid under any of the given schemas",
    ],
    [
      { oneOf: [{ required: ["a"] }, { required: ["b"] }] },
      { a: 1, b: 2 },
      "{'required': ['b']}",
      "{'a': 1, 'b': 2} is valid under each of {'required': ['b']}, {'required': ['a']}",
    ],
    [{ if: { required: ["a"] }, else: { required: ["b"] } }, {}, "b", "'b' is a required property"],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, "dependentRequired", "'b' is a dependency of 'a'"],
    [
      { unevaluatedProperties: false },
      { a: 1 },
      "unevaluatedProperties",
      "Unevaluated properties are not allowed ('a' was unexpected)",
    ],
    [
      { properties: { a: { prefixItems: [{}], items: false } } },
      { a: [1, 2] },
      "a",
      "Expected at most 1 item but found 1 extra: 2",
    ],
    [
      { properties: { a: { contains: { type: "string" } } } },
      { a: [1] },
      "a",
      "[1] does not contain items matching the given schema",
    ],
    [{ $ref: "#/nope" }, {}, "schema", "PointerToNowhere: '/nope' does not exist within {'$ref': '#/nope'}"],
    [{ $ref: "#nope" }, {}, "schema", "NoSuchAnchor: 'nope' does not exist within {'$ref': '#nope'}"],
  ])("%j says of %j: %s, %s", async (schema, data, name, description) => {
    expect(await findDataIssue(schema, data)).toEqual({ name, description });
  });

  it("is the first violation in the schema's own order", async () => {
    expect(await findDataIssue({ required: ["a"], additionalProperties: false }, { b: 1 })).toMatchObject({
      name: "a",
    });
    expect(await findDataIssue({ additionalProperties: false, required: ["a"] }, { b: 1 })).toMatchObject({
      name: "additionalProperties",
    });
  });
});

describe("each draft has its own rules", () => {
  const ALL: readonly DraftName[] = [4, 6, 7, 2019, 2020];
  it.each<[string, JsonObject, Json, readonly DraftName[]]>([
    ["a boolean exclusiveMaximum is about maximum", { maximum: 3, exclusiveMaximum: true }, 3, []],
    ["a number as exclusiveMaximum", { exclusiveMaximum: 3 }, 2, [6, 7, 2019, 2020]],
    ["const", { const: 1 }, 2, [4]],
    ["contains", { contains: { type: "string" } }, [1], [4]],
    ["contains none of nothing", { contains: {} }, [], [4]],
    ["minContains", { contains: {}, minContains: 0 }, [], [4, 2019, 2020]],
    ["propertyNames", { propertyNames: { maxLength: 1 } }, { long: 1 }, [4]],
    // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas, and no function.
    ["if, then and else", { if: { type: "number" }, then: { minimum: 3 } }, 2, [4, 6]],
    ["items as a list", { items: [{ type: "string" }] }, ["a", 2], [4, 6, 7, 2019]],
    ["additionalItems", { items: [{}], additionalItems: false }, [1, 2], []],
    ["prefixItems", { prefixItems: [{ type: "string" }] }, [1], [4, 6, 7, 2019]],
    ["dependencies", { dependencies: { a: ["b"] } }, { a: 1 }, [2019, 2020]],
    ["dependentRequired", { dependentRequired: { a: ["b"] } }, { a: 1 }, [4, 6, 7]],
    ["dependentSchemas", { dependentSchemas: { a: { required: ["b"] } } }, { a: 1 }, [4, 6, 7]],
    [
      "unevaluatedProperties",
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { b: 1 },
      [4, 6, 7],
    ],
    [
      "unevaluatedProperties after allOf",
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { a: 1 },
      ALL,
    ],
    ["unevaluatedItems", { unevaluatedItems: false }, [1], [4, 6, 7]],
    ["what stands beside $ref", { $ref: "#/definitions/any", maximum: 3, definitions: { any: {} } }, 4, [4, 6, 7]],
    [
      "id as the base of references",
      { id: "http://x.test/a", allOf: [{ $ref: "http://x.test/a#/definitions/no" }], definitions: { no: { not: {} } } },
      1,
      [],
    ],
    ["$anchor", { allOf: [{ $ref: "#here" }], $defs: { here: { $anchor: "here" } } }, 1, [2019, 2020]],
    ["$id as an anchor", { allOf: [{ $ref: "#here" }], definitions: { here: { $id: "#here" } } }, 1, [6, 7]],
    ["format", { format: "email", type: "string" }, "no address", ALL],
    ["nullable, which is no keyword", { type: "string", nullable: true }, null, []],
    ["1.0 as an integer", { type: "integer" }, 1.0, ALL],
    ["true as an integer", { type: "integer" }, true, []],
    ["1 as true", { enum: [true, [false]] }, 1, []],
  ])("%s", async (_, schema, data, accepting) => {
    const accepted: DraftName[] = [];
    for (const draft of ALL)
      if ((await findDataIssue({ $schema: DRAFTS[draft], ...schema }, data)) === undefined) accepted.push(draft);
    expect(accepted).toEqual(accepting);
  });

  it("takes the newest where none or an unknown one is named, and refuses draft 3", async () => {
    for (const $schema of [undefined, "http://unknown.test/"]) {
      const schema: JsonObject = { prefixItems: [{ type: "string" }], ...($schema && { $schema }) };
      expect(await findDataIssue(schema, [1])).toMatchObject({ name: "0" });
    }
    expect(await findDataIssue({ $schema: "http://json-schema.org/draft-03/schema#" }, {})).toMatchObject({
      name: "schema",
      description: /Draft 3/,
    });
  });

  it("says which draft does not allow the schema", async () => {
    expect(await findDataIssue({ items: [{}] }, {})).toEqual({
      name: "schema",
      description:
        "The schema is none of https://json-schema.org/draft/2020-12/schema: items[{}] is not of type 'object', 'boolean'",
    });
  });

  it("follows $recursiveRef and $dynamicRef to the outermost that allows it", async () => {
    const recursive = {
      $schema: DRAFTS[2019],
      $id: "http://x.test/strict",
      $recursiveAnchor: true,
      $ref: "tree",
      unevaluatedProperties: false,
      $defs: { tree: { $id: "tree", $recursiveAnchor: true, properties: { child: { $recursiveRef: "#" } } } },
    };
    const dynamic = {
      $id: "http://x.test/strict",
      $dynamicAnchor: "node",
      $ref: "tree",
      unevaluatedProperties: false,
      $defs: { tree: { $id: "tree", $dynamicAnchor: "node", properties: { child: { $dynamicRef: "#node" } } } },
    };
    for (const schema of [recursive, dynamic]) {
      expect(await findDataIssue(schema, { child: { child: {} } })).toBeUndefined();
      expect(await findDataIssue(schema, { child: { chidl: {} } })).toMatchObject({ name: "child" });
    }
  });
});

describe("references", () => {
  it("lead within the schema, by pointer, URI and anchor, and to the metaschemas", async () => {
    const schema = {
      $id: "http://x.test/root/",
      properties: {
        a: { $ref: "#/$defs/a~1b%20c" },
        b: { $ref: "sub" },
        c: { $ref: "sub#there" },
        d: { $ref: DRAFTS[7] },
      },
      $defs: {
        "a/b c": { type: "string" },
        sub: { $id: "sub", type: "number", $defs: { there: { $anchor: "there", type: "null" } } },
      },
    };
    expect(await findDataIssue(schema, { a: "", b: 1, c: null, d: { type: "string" } })).toBeUndefined();
    for (const name of ["a", "b", "c"]) expect(await findDataIssue(schema, { [name]: [] })).toMatchObject({ name });
    expect(await findDataIssue(schema, { d: { type: "nothing" } })).toMatchObject({ name: "type" });
  });

  it.each(["http://127.0.0.1:1/x", "file:///etc/passwd", "other.json", "//host/x", "urn:x"])(
    "lead nowhere else: %s",
    async ($ref) => {
      expect(await findDataIssue({ $ref }, {})).toEqual({ name: "schema", description: `Unresolvable: ${$ref}` });
    },
  );

  it("do not reach other schemas by the URIs that those gave themselves", async () => {
    expect(await findDataIssue({ $id: "http://x.test/mine", type: "object" }, {})).toBeUndefined();
    expect(await findDataIssue({ $ref: "http://x.test/mine" }, {})).toMatchObject({ name: "schema" });
    expect(await findDataIssue({ $id: DRAFTS[2020], type: "object" }, [])).toMatchObject({
      description: "[] is not of type 'object'",
    });
    expect(await findDataIssue({ $ref: DRAFTS[2020] }, [])).toMatchObject({
      description: "[] is not of type 'object', 'boolean'",
    });
  });
});

describe("keys of objects' own ways are keys like others", () => {
  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("%s", async (key) => {
    const quoted = JSON.stringify(key);
    expect(await findDataIssue({ required: [key] }, {})).toMatchObject({ name: key });
    expect(await findDataIssue({ required: [key] }, names(`{${quoted}:1}`))).toBeUndefined();
    expect(await findDataIssue(names(`{"properties":{${quoted}:{"type":"string"}}}`), {})).toBeUndefined();
    expect(
      await findDataIssue(names(`{"properties":{${quoted}:{"type":"string"}}}`), names(`{${quoted}:1}`)),
    ).toMatchObject({ name: key });
    expect(await findDataIssue({ additionalProperties: false }, names(`{${quoted}:1}`))).toMatchObject({
      name: "additionalProperties",
    });
    expect(await findDataIssue(names(`{${quoted}:{"required":["a"]}}`), {})).toBeUndefined();
    expect(await findDataIssue({ $ref: `#/${key}` }, {})).toMatchObject({ name: "schema" });
    expect(await findDataIssue(names(`{"enum":[{${quoted}:1}]}`), {})).toBeDefined();
  });
});

it("a value is valid under const and enum of itself, and unique only once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const json = value as Json;
      const copy = JSON.parse(JSON.stringify(json)) as Json;
      expect(await findDataIssue({ const: copy }, json)).toBeUndefined();
      expect(await findDataIssue({ enum: [[copy], copy] }, json)).toBeUndefined();
      expect(await findDataIssue({ items: { uniqueItems: true } }, [[json, copy]])).toMatchObject({ name: "0" });
      expect(await findDataIssue({ not: { const: copy } }, json)).toMatchObject({
        description: expect.stringContaining("should not be valid under"),
      });
    }),
    { numRuns: 200 },
  );
});

it("any JSON is taken as a schema or refused in words", async () => {
  const keyword = fc.constantFrom(
    "type",
    "properties",
    "items",
    "$ref",
    "$id",
    "$schema",
    "allOf",
    "if",
    "pattern",
    "required",
    "enum",
    "$defs",
    "not",
  );
  const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(
        true,
        false,
        null,
        1,
        "#",
        "string",
        "http://x.test/",
        "[",
        "^a+$",
        DRAFTS[4],
        DRAFTS[2019],
      ),
      fc.array(tie("schema"), { maxLength: 3 }),
      fc.dictionary(keyword, tie("schema"), { maxKeys: 4 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(keyword, schema), fc.jsonValue({ maxDepth: 3 }), async (object, data) => {
      const flaw = await findDataIssue(object, data as Json);
      if (flaw !== undefined) expect(flaw.description).not.toBe("");
      expect(await findDataIssue(object, data as Json)).toEqual(flaw);
    }),
    { numRuns: 500 },
  );
});
