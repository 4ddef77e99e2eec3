import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { SchemaError } from "../../../lib/json-schema/limits.ts";
import { checkSchema, validate } from "../../../lib/json-schema/validate.ts";
import fc from "../../fast-check.ts";

const DRAFTS = {
  4: "http://json-schema.org/draft-04/schema#",
  6: "http://json-schema.org/draft-06/schema#",
  7: "http://json-schema.org/draft-07/schema#",
  2019: "https://json-schema.org/draft/2019-09/schema",
  2020: "https://json-schema.org/draft/2020-12/schema",
} as const;
type DraftName = keyof typeof DRAFTS;

const parseObject = (text: string): JsonObject => JSON.parse(text) as JsonObject;

/** The message of the issue or error, or `undefined`. */
const outcomeOf = (schema: Json, data: Json): Promise<string | undefined> =>
  validate(schema, data).then(
    (issue) => issue?.message,
    (error: unknown) => {
      if (error instanceof SchemaError) return error.message;
      throw error;
    },
  );

describe("the draft of a schema", () => {
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
    [
      "unevaluatedProperties after else",
      // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas, and no function.
      { if: { required: ["a"] }, then: {}, else: { properties: { b: {} } }, unevaluatedProperties: false },
      { b: 1 },
      ALL,
    ],
    [
      "unevaluatedProperties after then",
      // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas, and no function.
      { if: { required: ["a"] }, then: {}, else: { properties: { a: {} } }, unevaluatedProperties: false },
      { a: 1 },
      [4, 6, 7],
    ],
    ["unevaluatedItems", { unevaluatedItems: false }, [1], [4, 6, 7]],
    ["keywords beside $ref", { $ref: "#/definitions/any", maximum: 3, definitions: { any: {} } }, 4, [4, 6, 7]],
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
  ])("has its own rules: %s", async (_, schema, data, accepting) => {
    const accepted: DraftName[] = [];
    for (const draft of ALL)
      if ((await outcomeOf({ $schema: DRAFTS[draft], ...schema }, data)) === undefined) accepted.push(draft);
    expect(accepted).toEqual(accepting);
  });

  it("is the newest if the schema names no draft or an unknown one", async () => {
    for (const $schema of [undefined, "http://unknown.test/"]) {
      const schema: JsonObject = { prefixItems: [{ type: "string" }], ...($schema && { $schema }) };
      expect(await validate(schema, [1])).toMatchObject({ path: [0] });
    }
  });

  it("is the caller's default draft if the schema names none", async () => {
    const schema = { prefixItems: [{ type: "string" }] };
    expect(await validate(schema, [1], { defaultDraft: "7" })).toBeUndefined();
    expect(await validate({ ...schema, $schema: DRAFTS[2020] }, [1], { defaultDraft: "7" })).toBeDefined();
  });

  it("cannot be draft 3", async () => {
    await expect(validate({ $schema: "http://json-schema.org/draft-03/schema#" }, {})).rejects.toThrow(/Draft 3/);
  });

  it("is named in the error that refuses the schema", async () => {
    await expect(validate({ items: [{}] }, {})).rejects.toThrow(
      new SchemaError(
        "The schema does not follow https://json-schema.org/draft/2020-12/schema: items: [{}] is not of type 'object', 'boolean'",
      ),
    );
  });

  it("decides how $recursiveRef and $dynamicRef resolve to the outermost schema", async () => {
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
      expect(await validate(schema, { child: { child: {} } })).toBeUndefined();
      expect(await validate(schema, { child: { chidl: {} } })).toMatchObject({ path: ["child"] });
    }
  });
});

describe("$ref", () => {
  it("resolves within the schema by pointer, URI and anchor, and to the metaschemas", async () => {
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
    expect(await validate(schema, { a: "", b: 1, c: null, d: { type: "string" } })).toBeUndefined();
    for (const name of ["a", "b", "c"]) expect(await validate(schema, { [name]: [] })).toMatchObject({ path: [name] });
    expect(await validate(schema, { d: { type: "nothing" } })).toMatchObject({ path: ["d", "type"] });
  });

  it.each(["http://127.0.0.1:1/x", "file:///etc/passwd", "other.json", "//host/x", "urn:x"])(
    "to another document is refused: %s",
    async ($ref) => {
      await expect(validate({ $ref }, {})).rejects.toThrow(new SchemaError(`Unresolvable: ${$ref}`));
    },
  );

  it.each([
    ["#/nope", "PointerToNowhere: '/nope' does not exist within {'$ref': '#/nope'}"],
    ["#nope", "NoSuchAnchor: 'nope' does not exist within {'$ref': '#nope'}"],
  ])("is refused where its target does not exist: %s", async ($ref, message) => {
    await expect(validate({ $ref }, {})).rejects.toThrow(new SchemaError(message));
  });

  it("does not resolve to the $id of a schema that was compiled earlier", async () => {
    expect(await validate({ $id: "http://x.test/mine", type: "object" }, {})).toBeUndefined();
    await expect(validate({ $ref: "http://x.test/mine" }, {})).rejects.toThrow(SchemaError);
    expect(await validate({ $id: DRAFTS[2020], type: "object" }, [])).toMatchObject({
      message: "[] is not of type 'object'",
    });
    expect(await validate({ $ref: DRAFTS[2020] }, [])).toMatchObject({
      message: "[] is not of type 'object', 'boolean'",
    });
  });
});

describe("validate with keys that JavaScript objects inherit", () => {
  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("treats %s like any other key", async (key) => {
    const quoted = JSON.stringify(key);
    expect(await validate({ required: [key] }, {})).toMatchObject({ keyword: "required", value: [key] });
    expect(await validate({ required: [key] }, parseObject(`{${quoted}:1}`))).toBeUndefined();
    expect(await validate(parseObject(`{"properties":{${quoted}:{"type":"string"}}}`), {})).toBeUndefined();
    expect(
      await validate(parseObject(`{"properties":{${quoted}:{"type":"string"}}}`), parseObject(`{${quoted}:1}`)),
    ).toMatchObject({ path: [key] });
    expect(await validate({ additionalProperties: false }, parseObject(`{${quoted}:1}`))).toMatchObject({
      keyword: "additionalProperties",
    });
    expect(await validate(parseObject(`{${quoted}:{"required":["a"]}}`), {})).toBeUndefined();
    await expect(validate({ $ref: `#/${key}` }, {})).rejects.toThrow(SchemaError);
    expect(await validate(parseObject(`{"enum":[{${quoted}:1}]}`), {})).toBeDefined();
  });
});

it("validate accepts each value under const and enum of itself, and finds it twice with uniqueItems", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const json = value as Json;
      const copy = JSON.parse(JSON.stringify(json)) as Json;
      expect(await validate({ const: copy }, json)).toBeUndefined();
      expect(await validate({ enum: [[copy], copy] }, json)).toBeUndefined();
      expect(await validate({ items: { uniqueItems: true } }, [[json, copy]])).toMatchObject({
        path: [0],
        keyword: "uniqueItems",
      });
      expect(await validate({ not: { const: copy } }, json)).toMatchObject({
        message: expect.stringContaining("should not be valid under"),
      });
    }),
    { numRuns: 200 },
  );
});

it("validate accepts any JSON as a schema or refuses it with a message", async () => {
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
      const outcome = await outcomeOf(object, data as Json);
      expect(outcome).not.toBe("");
      expect(await outcomeOf(object, data as Json)).toEqual(outcome);
    }),
    { numRuns: 500 },
  );
});

describe("validate", () => {
  it("returns the path, the keyword and its value", async () => {
    const schema = { properties: { a: { items: { properties: { "b/c": { maximum: 3 } } } } } };
    expect(await validate(schema, { a: [{}, { "b/c": 4 }] })).toEqual({
      message: "4 is greater than the maximum of 3",
      path: ["a", 1, "b/c"],
      keyword: "maximum",
      value: 3,
    });
  });

  it("accepts booleans as schemas", async () => {
    expect(await validate(true, 1)).toBeUndefined();
    expect(await validate(false, 1)).toEqual({
      message: "False schema does not allow 1",
      path: [],
      keyword: undefined,
      value: null,
    });
    await expect(validate(1, 1)).rejects.toThrow(SchemaError);
  });
});

describe("checkSchema", () => {
  it("finds the first issue of a schema by a draft's metaschema", async () => {
    const schema = { $schema: DRAFTS[4], exclusiveMaximum: true, properties: { a: { type: 7 } } };
    expect(await checkSchema(schema, "4")).toMatchObject({ path: ["properties", "a", "type"] });
    expect(await checkSchema(schema, "7")).toMatchObject({ path: ["exclusiveMaximum"], keyword: "type" });
    expect(await checkSchema({ type: "object" }, "7")).toBeUndefined();
  });
});
