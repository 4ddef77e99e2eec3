import { describe, expect, it } from "@jest/globals";
import { readSearchSettings, type SettingsIssue, toIndexDefinition } from "../../../core/search/search-settings.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

const issuesOf = (metadata: JsonObject): string[] => {
  const issues: SettingsIssue[] = [];
  readSearchSettings(metadata, (issue) => issues.push(issue));
  return issues.map(({ path, description }) => `${path} ${description}`);
};

describe("readSearchSettings", () => {
  it("searches in English, with equal weights, where metadata says nothing", () => {
    expect(readSearchSettings({ display_name: "Posts" })).toEqual({
      language: "en",
      weights: {},
      nested: [],
      excluded: [],
      fields: {},
      facets: undefined,
    });
  });

  it("reads index", () => {
    const index = {
      language: "de",
      fields: { title: { weight: 3 }, "author.name": { weight: 0.5 } },
      nested: ["comments"],
      exclude: ["internal.*"],
      facets: ["region"],
    };

    expect(readSearchSettings({ index })).toEqual({
      language: "de",
      weights: { title: 3, "author.name": 0.5 },
      nested: ["comments"],
      excluded: ["internal.*"],
      fields: {},
      facets: ["region"],
    });
  });

  it("reads kinto-elasticsearch's index:schema", () => {
    const schema = {
      dynamic: true,
      properties: {
        title: { type: "text", analyzer: "french", boost: 2 },
        status: { type: "string", index: "not_analyzed" },
        secret: { type: "keyword", index: false },
        build: { properties: { at: { type: "date" }, size: { type: "long" } } },
        comments: { type: "nested", properties: { by: { type: "keyword" } } },
      },
    };

    expect(readSearchSettings({ "index:schema": schema })).toEqual({
      language: "fr",
      weights: { title: 2 },
      nested: ["comments"],
      excluded: ["secret", "secret.*"],
      fields: {
        title: "text",
        status: "keyword",
        secret: "keyword",
        build: "object",
        "build.at": "date",
        "build.size": "number",
        comments: "nested",
        "comments.by": "keyword",
      },
      facets: undefined,
    });
  });

  it("takes the fields of the JSON schema where there is no index:schema", () => {
    const schema = {
      type: "object",
      properties: {
        title: { type: "string" },
        status: { type: ["null", "string"], enum: ["open", "closed"] },
        at: { type: "string", format: "date-time" },
        tags: { type: "array", items: { type: "string", enum: ["a"] } },
        size: { type: "object", properties: { width: { type: "number" } } },
        any: {},
      },
    };
    const { fields } = readSearchSettings({ schema });

    expect(fields).toEqual({
      title: "text",
      status: "keyword",
      at: "date",
      tags: "keyword",
      size: "object",
      "size.width": "number",
    });
    expect(readSearchSettings({ schema, "index:schema": { properties: {} } }).fields).toEqual({});
  });

  it("prefers index to index:schema", () => {
    const mapping = { properties: { title: { type: "text", analyzer: "english", boost: 2 } } };

    expect(
      readSearchSettings({ "index:schema": mapping, index: { language: "it", fields: { title: { weight: 5 } } } }),
    ).toMatchObject({ language: "it", weights: { title: 5 } });
  });

  it.each<[field: string, value: Json, issue: RegExp]>([
    ["index", 5, /^index must be an object/],
    ["index", { langage: "en" }, /^index\.langage is not supported.*Did you mean language\?/],
    ["index", { language: "klingon" }, /^index\.language must be one of: da, de/],
    ["index", { fields: ["title"] }, /^index\.fields must be an object/],
    ["index", { fields: { title: 3 } }, /^index\.fields\.title must be an object with a weight/],
    ["index", { fields: { title: { weight: -1 } } }, /^index\.fields\.title\.weight must be a number above 0/],
    ["index", { fields: { title: { boost: 1 } } }, /^index\.fields\.title must be an object with a weight/],
    ["index", { nested: "comments" }, /^index\.nested must be an array/],
    ["index", { exclude: [""] }, /^index\.exclude must be an array/],
    ["index", { facets: [1] }, /^index\.facets must be an array of at most 1000/],
    ["index:schema", [], /^index:schema must be an object/],
    [
      "index:schema",
      { properties: { a: { type: "txet" } } },
      /^index:schema\.properties\.a\.type must be one of: .*text/,
    ],
    ["index:schema", { properties: { a: 1 } }, /^index:schema\.properties\.a must be an object/],
    ["index:schema", { properties: { a: { properties: 1 } } }, /^index:schema\.properties\.a must be an object/],
  ])("reports where %s is wrong in %j", (field, value, issue) => {
    expect(issuesOf({ [field]: value })).toEqual([expect.stringMatching(issue)]);
  });

  it("reports a mapping that is too deep, and reads no further", () => {
    const deep = Array.from({ length: 10_000 }).reduce<JsonObject>(
      (inner) => ({ type: "object", properties: { a: inner } }),
      { type: "text" },
    );

    expect(issuesOf({ "index:schema": deep })).toEqual([expect.stringMatching(/is more than 20 levels deep$/)]);
  });

  it("takes names of prototypes for fields", () => {
    const mapping = JSON.parse('{"properties": {"__proto__": {"type": "keyword"}, "constructor": {"type": "long"}}}');

    expect(Object.entries(readSearchSettings({ "index:schema": mapping }).fields)).toEqual([
      ["__proto__", "keyword"],
      ["constructor", "number"],
    ]);
  });
});

describe("toIndexDefinition", () => {
  const hashOf = (metadata: JsonObject, documents = "1") =>
    toIndexDefinition(readSearchSettings(metadata), documents).hash;

  it("changes with what is indexed, not with weights and facets", () => {
    const first = hashOf({});

    expect(hashOf({ index: { fields: { a: { weight: 2 } }, facets: ["a"] } })).toBe(first);
    expect(
      new Set([
        first,
        hashOf({}, "2"),
        hashOf({ index: { language: "de" } }),
        hashOf({ index: { nested: ["a"] } }),
        hashOf({ index: { exclude: ["a"] } }),
      ]).size,
    ).toBe(5);
  });
});
