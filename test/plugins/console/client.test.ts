import { describe, expect, it } from "@jest/globals";
import { parseExactJson, printExactJson, readJson } from "../../../plugins/console/client/lib/exact-json.ts";
import { formatBytes, formatDuration, formatRelativeTime } from "../../../plugins/console/client/lib/format.ts";
import { printRequest } from "../../../plugins/console/client/lib/print-request.ts";
import { chooseFields, inferSchema } from "../../../plugins/console/client/pages/data/columns.ts";
import { findDifferences, MAX_DIFFERENCES } from "../../../plugins/console/client/pages/data/difference.ts";
import {
  describeFilter,
  parseFilters,
  printFilters,
  toParameter,
} from "../../../plugins/console/client/pages/data/filters.ts";
import { describePermission, describePrincipal } from "../../../plugins/console/client/pages/data/permission-words.ts";
import { splitMarks } from "../../../plugins/console/client/pages/search/answer.ts";
import { chooseFacets, mergeFacet, printChoices } from "../../../plugins/console/client/pages/search/facets.ts";

describe("the JSON of the console", () => {
  it("keeps integers exactly, also in other values", () => {
    const text = '{"n":12345678901234567890123,"list":[9007199254740993,1,0.5],"text":"9007199254740993"}';
    expect(parseExactJson(text)).toEqual({
      n: 12345678901234567890123n,
      list: [9007199254740993n, 1, 0.5],
      text: "9007199254740993",
    });
    expect(printExactJson(parseExactJson(text))).toBe(text);
  });

  it.each([
    ['{\n  "a": 1,\n  "b": }', 3, 8, "a value is missing."],
    ['{"a" 1}', 1, 6, "a colon is missing."],
    ["[1 2]", 1, 4, "a comma is missing."],
    ['["a', 1, 2, "the text has no closing quote."],
    ["// no", 1, 1, "comments are not allowed."],
    ["[1,]", 1, 4, "a value is missing."],
    ["", 1, 1, "a value is missing."],
  ])("says where %j stops being JSON", (text, line, column, message) => {
    expect(readJson(text)).toEqual({ error: { line, column, message } });
  });
});

describe("the formats of the console", () => {
  it("have units", () => {
    expect([formatDuration(8.44), formatDuration(1250), formatDuration(200_000)]).toEqual([
      "8.44 ms",
      "1.25 s",
      "3 min",
    ]);
    expect([formatBytes(820), formatBytes(12_340)]).toEqual(["820 B", "12.3 kB"]);
    expect(formatRelativeTime(0, 180_000)).toBe("3 minutes ago");
  });
});

describe("the page Data", () => {
  it("chooses the fields of a table", () => {
    const records = [
      { id: "a", last_modified: 1, schema: 2, rare: 1 },
      { id: "b", last_modified: 2, common: 1 },
      { id: "c", last_modified: 3, common: 2 },
    ];
    const collection = { id: "c", last_modified: 1, schema: { properties: { named: {} } } };
    expect(chooseFields(collection, records)).toEqual(["named", "common", "rare"]);
    expect(chooseFields({ ...collection, displayFields: ["rare"] }, records)).toEqual(["rare"]);
  });

  it("makes forms from objects without a schema", () => {
    expect(inferSchema({ text: "a", big: 1n, place: { lat: 1 }, list: [], nothing: null }).properties).toEqual({
      text: { type: "string" },
      big: { type: "number" },
      place: { type: "object", properties: { lat: { type: "number" } } },
      list: {},
      nothing: {},
    });
  });

  it("lists what is different in two versions, with a bound", () => {
    const before = { last_modified: 1, same: [1], gone: 1n, deep: { tags: ["a"] }, toString: 1 };
    const after = { last_modified: 2, same: [1], deep: { tags: ["a", "b"] }, toString: 1 };
    expect(findDifferences(before, after)).toEqual([
      { path: "gone", before: 1n, after: undefined },
      { path: "deep.tags[1]", before: undefined, after: "b" },
    ]);
    const many = Array.from({ length: 10_000 }, (_, index) => index);
    expect(findDifferences(many, [])).toHaveLength(MAX_DIFFERENCES);
  });

  it("keeps filters in addresses, and sends them as parameters", () => {
    const filters = parseFilters("min_area=5&contains_any_tags=sea%2C%73ky&has_stars=true&name=A%26B");
    expect(filters.map(describeFilter)).toEqual([
      "area is at least 5",
      "tags has one of sea,sky",
      "stars exists",
      "name is A&B",
    ]);
    expect(parseFilters(printFilters(filters))).toEqual(filters);
    expect(filters.map(toParameter)).toEqual([
      ["min_area", "5"],
      ["contains_any_tags", '["sea","sky"]'],
      ["has_stars", "true"],
      ["name", "A&B"],
    ]);
  });

  it("says permissions in words", () => {
    expect(describePrincipal("system.Everyone")).toBe("Everyone");
    expect(describePrincipal("/buckets/atlas/groups/editors")).toBe("Members of the group editors in atlas");
    expect(describePrincipal("account:ada@example.org")).toBe("ada@example.org (account)");
    expect(describePermission("read", "record")).toBe("read the record");
    expect(describePermission("record:create", "collection")).toBe("create records in it");
  });
});

describe("the page Search", () => {
  it("splits marked texts", () => {
    expect(splitMarks("The <em>sea</em> <b>")).toEqual([
      { text: "The ", isFound: false },
      { text: "sea", isFound: true },
      { text: " <b>", isFound: false },
    ]);
  });

  it("chooses facets, and keeps the values of a facet that no hit has any more", () => {
    const rows = ["a", "a", "b", "b"].map((kind, index) => ({
      id: String(index),
      kind,
      name: `n${index}`,
      size: index,
    }));
    expect(chooseFacets(rows)).toEqual(["kind"]);
    expect(mergeFacet([{ value: "a", count: 2 }], [{ value: "b", count: 1 }])).toEqual([
      { value: "a", count: 0 },
      { value: "b", count: 1 },
    ]);
    expect(printChoices(["a", "b, c", "5", true])).toEqual(["a", "b, c", '"5"', "true"]);
    expect(printChoices(["b, c"])).toEqual(["b, c", "b, c"]);
  });

  it("prints requests to copy", () => {
    const {
      curl,
      "kinto.js": script,
      Python: python,
    } = printRequest({
      method: "POST",
      url: "http://localhost/v1",
      path: "/a'b",
      body: { q: "it's", on: true },
    });
    expect(curl).toContain(`'http://localhost/v1/a'\\''b'`);
    expect(script).toContain('path: "/a\'b"');
    expect(python).toContain("json.loads(r'''");
  });
});
