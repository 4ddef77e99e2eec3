import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../core/errors.ts";
import { type ListQuery, readFields, readListQuery } from "../../../core/lists/list-query.ts";
import fc, { codePoint } from "../../fast-check.ts";

const NOW = 1_700_000_000_000;
const DAY = 24 * 3600 * 1000;

const read = (query: string, knownFields?: readonly string[]): ListQuery =>
  readListQuery(new URLSearchParams(query), NOW, knownFields);

const refusal = (query: string, knownFields?: readonly string[]): unknown => {
  try {
    read(query, knownFields);
  } catch (error) {
    return error;
  }
  throw new Error(`taken: ${query.slice(0, 100)}`);
};

const encoded = (name: string, value: string): string => new URLSearchParams([[name, value]]).toString();

const NOTHING: ListQuery = {
  since: undefined,
  before: undefined,
  filters: [],
  tombstones: false,
  sorts: [],
  fields: undefined,
  limit: undefined,
  token: null,
  deprecatedTo: false,
};

describe("readListQuery", () => {
  it.each<[string, Partial<ListQuery>]>([
    ["", {}],
    ["_x=1&_x=2&__y", {}],
    ["_limit=5", { limit: 5 }],
    ["_limit=%225%22", { limit: 5 }],
    ...["_limit=", "_limit=0", "_limit=null", "_limit=%22%22"].map((query): [string, Partial<ListQuery>] => [
      query,
      {},
    ]),
    ["_token=abc", { token: "abc" }],
    ["_token=", { token: "" }],
    ["_since=5", { since: 5, tombstones: true }],
    ["_since=%225%22", { since: 5, tombstones: true }],
    ["_since=+5", { since: 5, tombstones: true }],
    ["_since=0", { since: 0, tombstones: true }],
    ["_since=null", { tombstones: true }],
    ["_before=null&_to=null", { tombstones: true, deprecatedTo: true }],
    ["_before=9", { before: 9, tombstones: true }],
    ["_to=9", { before: 9, tombstones: true, deprecatedTo: true }],
    ["_since=5&_before=9", { since: 5, before: 9, tombstones: true }],
    [`_since=${NOW + DAY - 1}`, { since: NOW + DAY - 1, tombstones: true }],
    ["_fields=", {}],
    ["_fields=a,,b.c", { fields: ["a", "b.c"] }],
    ["_fields=a&_fields=b,c", { fields: ["a", "b,c"] }],
    ["_sort=", {}],
    [
      "_sort=a,-b.c,%2Bd,+e,_f",
      {
        sorts: ["a", "-b.c", "d", "e", "_f"].map((name) => ({
          field: name.replace("-", ""),
          descending: name.startsWith("-"),
        })),
      },
    ],
    ["_sort=a+b,a-b,--a,,%00,a/b,-", {}],
    [
      "_sort=-%C3%A9&_sort=%E6%97%A5",
      {
        sorts: [
          { field: "é", descending: true },
          { field: "日", descending: false },
        ],
      },
    ],
  ])("parses %j", (query, expected) => {
    expect(read(query)).toEqual({ ...NOTHING, ...expected });
  });

  it.each<[string, Partial<ListQuery>]>([
    ["last_modified=5", { since: 4, before: 6 }],
    ["last_modified=%225%22", { since: 4, before: 6 }],
    ["last_modified=0", { before: 1 }],
    ["gt_last_modified=5", { since: 5 }],
    ["min_last_modified=5", { since: 4 }],
    ["min_last_modified=0", {}],
    ["lt_last_modified=5", { before: 5 }],
    ["max_last_modified=5", { before: 6 }],
    ["_since=3&gt_last_modified=5&min_last_modified=5", { since: 5 }],
    ["_before=9&_to=8&max_last_modified=6", { before: 7, deprecatedTo: true }],
    ["not_last_modified=5", { filters: [{ field: "last_modified", comparison: "not", value: 5 }] }],
    ["has_last_modified=1", { filters: [{ field: "last_modified", comparison: "has", value: 1 }] }],
  ])("includes tombstones for %j", (query, expected) => {
    expect(read(query)).toEqual({ ...NOTHING, tombstones: true, ...expected });
  });
});

describe("readListQuery with filters", () => {
  it.each([
    ["a", "1", "a", "eq", 1],
    ["a", '"1"', "a", "eq", "1"],
    ["a", "text", "a", "eq", "text"],
    ["a", "", "a", "eq", ""],
    ["a", "null", "a", "eq", null],
    ["a", " 5 ", "a", "eq", 5],
    ["a", "01", "a", "eq", "01"],
    ["a", "NaN", "a", "eq", "NaN"],
    ["a", '{"b":[1]}', "a", "eq", { b: [1] }],
    ["a", '{"b":[1]', "a", "eq", '{"b":[1]'],
    ["", "1", "", "eq", 1],
    [" a ", "1", "a", "eq", 1],
    ["foo-bar", "1", "foo-bar", "eq", 1],
    ["deleted", "true", "deleted", "eq", true],
    ["a.b.c", "1", "a.b.c", "eq", 1],
    ["lt_a.b", "1", "a.b", "lt", 1],
    ["min__a", "1", "_a", "min", 1],
    ["max_é", "x", "é", "max", "x"],
    ["gt_last_modified.x", "x", "last_modified.x", "gt", "x"],
    ["not_a", "[1]", "a", "not", [1]],
    ["in_a", '1,b,,"c",null', "a", "in", [1, "b", "c", null]],
    ["in_a", '"x,y"', "a", "in", ['"x', 'y"']],
    ["in_a", "", "a", "in", []],
    ["exclude_a", "0", "a", "exclude", [0]],
    ["like_a", "x*", "a", "like", "x*"],
    ["like_a", '"5"', "a", "like", "5"],
    ["has_a", "false", "a", "has", false],
    ["contains_a", "[1,2]", "a", "contains", [1, 2]],
    ["contains_a", "x", "a", "contains", ["x"]],
    ["contains_any_a", '{"b":1}', "a", "contains_any", [{ b: 1 }]],
    ["contains_any", "x", "any", "contains", ["x"]],
    ["contains_any_", "x", "any_", "contains", ["x"]],
    ["gt_", "1", "gt_", "eq", 1],
    ["gt_a-b", "1", "gt_a-b", "eq", 1],
    ["in_a-b", "1,2", "in_a-b", "eq", [1, 2]],
    ["contains_a-b", "1", "contains_a-b", "eq", [1]],
    ["GT_a", "1", "GT_a", "eq", 1],
    ["id", "5", "id", "eq", "5"],
    ["id", '"5"', "id", "eq", "5"],
    ["id", "12345678901234567890", "id", "eq", "12345678901234567890"],
    ["not_id", "true", "id", "not", "true"],
    ["in_id", '1,null,"r"', "id", "in", ["1", "null", "r"]],
    ["like_id", "5", "id", "like", "5"],
    ["has_id", "false", "id", "has", false],
    ["__proto__", "1", undefined, undefined, undefined],
    ["constructor", "1", "constructor", "eq", 1],
    ["gt___proto__", "1", "__proto__", "gt", 1],
  ])("parses %s=%s", (name, value, field, comparison, expected) => {
    const filters = field === undefined ? [] : [{ field, comparison, value: expected }];
    expect(read(encoded(name, value))).toEqual({ ...NOTHING, filters });
  });

  it("accepts a repeated parameter as a list of values", () => {
    expect(read("in_a=1&in_a=b").filters).toEqual([{ field: "a", comparison: "in", value: [1, "b"] }]);
  });

  it("keeps the order of the filters", () => {
    expect(read("b=1&_since=1&gt_a=2&_limit=1&has_c=true").filters.map(({ field }) => field)).toEqual(["b", "a", "c"]);
  });
});

describe("readListQuery with invalid parameters", () => {
  it.each<[string, string, string | null, string]>([
    ["_limit=x", "_limit", '"x" is not a number', '_limit in querystring: "x" is not a number'],
    ["_limit=%22null%22", "_limit", '"null" is not a number', '_limit in querystring: "null" is not a number'],
    [
      "_limit=-1",
      "_limit",
      "-1 is less than minimum value 0",
      "_limit in querystring: -1 is less than minimum value 0",
    ],
    ["_since=true", "_since", '"true" is not a number', '_since in querystring: "true" is not a number'],
    ["_to=1.5", "_to", '"1.5" is not a number', '_to in querystring: "1.5" is not a number'],
    ["_since=", "_since", "Invalid value for _since", "Invalid value for _since"],
    ["last_modified=x", "last_modified", '"x" is not a number', 'last_modified in querystring: "x" is not a number'],
    ["last_modified=null", "last_modified", "Invalid value for last_modified", "Invalid value for last_modified"],
    [`_before=${NOW + DAY}`, "_before", "Invalid value for _before", "Invalid value for _before"],
    ...[
      "gt_last_modified=x",
      "gt_last_modified=-1",
      "gt_last_modified=",
      "gt_last_modified=null",
      "gt_last_modified=true",
      `lt_last_modified=${NOW + DAY}`,
    ].map(invalidValue),
    ...[
      "in_last_modified=1,2",
      "in_last_modified=1",
      "exclude_last_modified=1",
      "like_last_modified=1",
      "contains_last_modified=1",
    ].map(invalidValue),
    ...["has_last_modified=true", "like_a=5", "like_a=null", "like_a=%5B%5D"].map(invalidValue),
    [
      "contains_id=r",
      "contains_id",
      "Field 'id' is not an array",
      "contains_id in querystring: Field 'id' is not an array",
    ],
    ["a=%00", "a", "Invalid character 0x00", "Invalid character 0x00"],
    ["in_n=x,%00", "in_n", "Invalid character 0x00", "in_n in querystring: Invalid character 0x00"],
    ["q=%7B%22%5Cu0000%22:1%7D", "q", "Invalid character 0x00", "q in querystring: Invalid character 0x00"],
    ["n%00=1", "n\0", "Invalid character 0x00", "n\0 in querystring: Invalid character 0x00"],
  ])("%s", (query, name, description, message) => {
    expect(refusal(query)).toMatchObject({
      kind: "INVALID_PARAMETERS",
      message,
      details: [{ location: "querystring", name, description }],
    });
  });

  it("reports all invalid integers at once", () => {
    expect(refusal("_since=x&n=%00&_limit=y")).toMatchObject({
      message: '_limit in querystring: "y" is not a number',
      details: [{ name: "_limit" }, { name: "_since" }],
    });
  });

  it.each([
    "a=1&a=2",
    "_since=1&_since=2",
    "_limit=1&_limit=1",
    "_token=a&_token=b",
    "contains_a=1&contains_a=2",
    "last_modified=1&last_modified=1",
  ])("rejects the repeated parameter in %s", (query) => {
    const [name] = query.split("=");
    expect(refusal(query)).toMatchObject({ message: `${name} is given more than once`, details: [{ name }] });
  });

  it.each([`-${"1".repeat(39)}`, "1e400", "0.1000000000000000000001", "[9007199254740992.5]"])(
    "rejects a number that cannot be kept exactly: %s",
    (number) => {
      for (const name of ["a", "in_a", "contains_a", "gt_a"]) {
        expect(refusal(encoded(name, number))).toMatchObject({
          details: [
            {
              name,
              description: expect.stringMatching(
                /^Invalid value for .*\. Invalid JSON: the number .* Send it as a string$/,
              ),
            },
          ],
        });
      }
    },
  );

  it("rejects names and values that are too long, and too many filters and fields", () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `f${at}`);
    expect(read(many(100).join("&")).filters).toHaveLength(100);
    expect(refusal(many(101).join("&"))).toMatchObject({
      details: [{ name: "f100", description: "More than 100 filters" }],
    });
    expect(read(`_sort=${many(100)}`).sorts).toHaveLength(100);
    expect(refusal(`_sort=${many(101)}`)).toMatchObject({ details: [{ name: "_sort" }] });
    for (const join of [
      (names: string[]) => `_fields=${names}`,
      (names: string[]) => `_fields=${names.join("&_fields=")}`,
    ]) {
      expect(read(join(many(500))).fields).toHaveLength(500);
      expect(refusal(join(many(501)))).toMatchObject({ details: [{ name: "_fields" }] });
    }
    expect(read(`a=${"x".repeat(10_000)}`).filters).toHaveLength(1);
    expect(refusal(`a=${"x".repeat(10_001)}`)).toMatchObject({ details: [{ name: "a" }] });
    expect(refusal(`${"x".repeat(501)}=1`)).toMatchObject({ details: [{ name: "x".repeat(500) }] });
    expect(refusal(`a=${"[".repeat(101)}${"]".repeat(101)}`)).toMatchObject({ details: [{ name: "a" }] });
  });
});

/** `name=value` and the message for an invalid value. */
function invalidValue(query: string): [string, string, string, string] {
  const [name = ""] = query.split("=");
  return [query, name, `Invalid value for ${name}`, `Invalid value for ${name}`];
}

describe("readListQuery with known fields", () => {
  const KNOWN = ["uri", "id", "last_modified", "deleted"];

  it("accepts known fields and paths into them", () => {
    expect(read("uri=a&gt_id=b&_since=1&_x=1&_sort=-uri.x&_fields=uri.y,id", KNOWN)).toMatchObject({
      filters: [{ field: "uri" }, { field: "id" }],
      sorts: [{ field: "uri.x" }],
      fields: ["uri.y", "id"],
    });
  });

  it.each([
    [
      "foo=1",
      { location: "querystring", name: "foo", description: "Unknown filter field 'foo'" },
      "Unknown filter field 'foo'",
    ],
    [
      "gt_foo.uri=1",
      { location: "querystring", name: "gt_foo.uri", description: "Unknown filter field 'gt_foo.uri'" },
      "Unknown filter field 'gt_foo.uri'",
    ],
    [
      "_sort=uri,-foo",
      { location: "querystring", name: null, description: "Unknown sort field 'foo'" },
      "querystring: Unknown sort field 'foo'",
    ],
    [
      "_fields=foo.a,uri,bar,foo.b",
      { location: "body", name: "Invalid _fields parameter", description: "Fields foo,bar do not exist" },
      "Invalid _fields parameter in body: Fields foo,bar do not exist",
    ],
  ])("rejects unknown fields: %s", (query, issue, message) => {
    expect(refusal(query, KNOWN)).toMatchObject({ message, details: [issue] });
  });
});

it("readFields › parses only _fields", () => {
  expect(readFields(new URLSearchParams("_fields=a,b.c&_since=x&a=%00"))).toEqual(["a", "b.c"]);
  expect(readFields(new URLSearchParams("a=1"))).toBeUndefined();
});

it("readListQuery › parses any query or throws a 400 failure", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "_since",
      "_to",
      "_before",
      "_limit",
      "_sort",
      "_fields",
      "_token",
      "id",
      "last_modified",
      "in_id",
      "gt_last_modified",
      "like_a",
      "contains_a",
    ),
    fc.string({ unit: codePoint, maxLength: 8 }),
  );
  const value = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 8 }),
    fc.jsonValue().map((given) => JSON.stringify(given)),
    fc.integer().map(String),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (pairs) => {
      try {
        const { since, before, filters } = readListQuery(new URLSearchParams(pairs), NOW);
        expect((since ?? 0) >= 0 && (before ?? 0) >= 0 && filters.length <= pairs.length).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(error).toMatchObject({
          kind: "INVALID_PARAMETERS",
          details: expect.arrayContaining([expect.objectContaining({ location: "querystring" })]),
        });
      }
    }),
    { numRuns: 2000 },
  );
});
