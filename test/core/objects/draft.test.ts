import { describe, expect, it } from "@jest/globals";
import {
  dropNullPermissions,
  invalidBody,
  normalizeAcl,
  notMappingMessage,
  parseJsonBody,
  quoteValue,
  readBody,
  readDraft,
  rejectUnknownKeys,
  replaceAcl,
  validateDraft,
} from "../../../core/objects/draft.ts";
import type { Acl } from "../../../core/ports/store.ts";
import { RESOURCES } from "../../../core/resources.ts";
import type { Json } from "../../../lib/json.ts";
import { failureOf } from "./open-use-cases.ts";

const { collection: COLLECTION, group: GROUP } = RESOURCES.core;
const issue = (name: string | null, description: string) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name, description }],
});
const readFailure = (read: () => unknown) => failureOf(Promise.resolve().then(read));

describe("readDraft", () => {
  it.each<[Json | undefined, object]>([
    [undefined, {}],
    [{}, {}],
    [{ data: { a: 1 } }, { data: { a: 1 } }],
    [{ permissions: {} }, { permissions: {} }],
    [
      { data: {}, permissions: { write: ["u"], read: null, "record:create": [] } },
      { data: {}, permissions: { write: ["u"], "record:create": [] } },
    ],
  ])("reads %j", (body, draft) => {
    expect(readDraft(COLLECTION, body)).toEqual(draft);
  });

  it.each<[Json, string, string]>([
    [null, "", "Should be a JSON object or an array"],
    [1, "", "Should be a JSON object or an array"],
    ["x", "", "Should be a JSON object or an array"],
    [[1], "", '"[1]" is not a mapping type: Does not implement dict-like functionality.'],
    [{ data: {}, other: 1, more: 2 }, "", 'Unrecognized keys in mapping: ["other","more"]'],
    [{ data: null }, "data", '"null" is not a mapping type: Does not implement dict-like functionality.'],
    [{ data: "x" }, "data", '"x" is not a mapping type: Does not implement dict-like functionality.'],
    [{ data: [] }, "data", '"[]" is not a mapping type: Does not implement dict-like functionality.'],
    [{ permissions: [] }, "permissions", '"[]" is not a mapping type: Does not implement dict-like functionality.'],
    [{ permissions: { "group:create": [] } }, "permissions", '"group:create" is not one of read, write, record:create'],
    [{ permissions: { read: "x" } }, "permissions.read", '"x" is not iterable'],
    [{ permissions: { read: { a: 1 } } }, "permissions.read", JSON.stringify('{"a":1}').concat(" is not iterable")],
    [{ permissions: { read: ["a", 1] } }, "permissions.read.1", "1 is not a string"],
    [{ permissions: { write: [""] } }, "permissions.write.0", "Required"],
  ])("refuses %j at %j: %s", async (body, name, description) => {
    expect(await readFailure(() => readDraft(COLLECTION, body))).toMatchObject(issue(name, description));
  });
});

describe("readBody", () => {
  it("keeps permissions that are null", () => {
    expect(readBody(COLLECTION, { permissions: { read: null, write: ["u"] } })).toEqual({
      data: undefined,
      permissions: { read: null, write: ["u"] },
    });
    expect(readBody(COLLECTION, undefined)).toEqual({ data: undefined, permissions: undefined });
    expect(dropNullPermissions({ read: null, write: ["u"] })).toEqual({ write: ["u"] });
  });
});

describe("parseJsonBody", () => {
  it("parses JSON", () => {
    expect(parseJsonBody('{"a":[1,null]}')).toEqual({ a: [1, null] });
  });

  it.each(["", "{", '{"a":1,"a":2}'])("refuses %j", async (text) => {
    expect(await readFailure(() => parseJsonBody(text))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ location: "body", name: "" }],
    });
  });
});

describe("validateDraft", () => {
  it("returns a draft without data unchanged", async () => {
    const draft = { permissions: { read: ["u"] } };
    expect(await validateDraft("group", draft)).toBe(draft);
  });

  it("adds members to a group only", async () => {
    expect(await validateDraft("group", { data: { a: 1 }, permissions: {} })).toEqual({
      data: { a: 1, members: [] },
      permissions: {},
    });
    expect(await validateDraft("record", { data: { members: 1 } })).toEqual({ data: { members: 1 } });
    expect(await validateDraft("collection", { data: { cache_expires: "3" } })).toEqual({ data: { cache_expires: 3 } });
    expect(await validateDraft("group", { data: { members: ["a", "system.Authenticated"] } })).toEqual({
      data: { members: ["a", "system.Authenticated"] },
    });
  });

  it.each<[Json, string, string]>([
    ["x", "data.members", '"x" is not iterable'],
    [null, "data.members", '"null" is not iterable'],
    [["a", ""], "data.members.1", "Required"],
    [["a", 5], "data.members.1", "5 is not a string"],
    [["/buckets/a/groups/g"], "data.members.0", "'/buckets/a/groups/g' is not a valid user ID."],
    [["system.Everyone"], "data.members.0", "'system.Everyone' is not a valid user ID."],
  ])("refuses the members %j at %s: %s", async (members, name, description) => {
    expect(await failureOf(validateDraft(GROUP.name, { data: { members } }))).toMatchObject(issue(name, description));
  });
});

describe("permissions", () => {
  it.each<[Acl, Acl | undefined, Acl]>([
    [{ read: ["a"] }, undefined, { read: ["a"] }],
    [{ read: ["a"] }, {}, { read: ["a"] }],
    [{ read: ["a"] }, { write: ["b"] }, { write: ["b"] }],
    [{ read: ["a"] }, { read: [] }, { read: [] }],
  ])("%j are replaced by %j: %j", (old, permissions, expected) => {
    expect(replaceAcl(old, permissions)).toEqual(expected);
  });

  it.each<[Acl, string | undefined, Acl]>([
    [{}, undefined, {}],
    [{}, "u", { write: ["u"] }],
    [{ write: ["u"] }, "u", { write: ["u"] }],
    [{ write: ["a"], read: ["b", "b", "a"] }, "u", { write: ["a", "u"], read: ["b", "a"] }],
    [{ write: [], read: ["a"] }, undefined, { read: ["a"] }],
  ])("%j are normalized for the editor %j: %j", (acl, editor, expected) => {
    expect(normalizeAcl(acl, editor)).toEqual(expected);
  });
});

describe("messages", () => {
  it.each<[Json, string]>([
    ["a", '"a"'],
    [1, '"1"'],
    [null, '"null"'],
    [["a"], JSON.stringify('["a"]')],
  ])("quote %j as %s", (value, quoted) => {
    expect(quoteValue(value)).toBe(quoted);
    expect(notMappingMessage(value)).toBe(
      `${quoted} is not a mapping type: Does not implement dict-like functionality.`,
    );
  });

  it("quote about 100 characters of a long value", () => {
    expect(quoteValue("x".repeat(1000)).length).toBeGreaterThan(90);
    expect(quoteValue("x".repeat(1000)).length).toBeLessThan(110);
  });

  it("name the field and the problem", async () => {
    expect(invalidBody("data.a", "is wrong")).toMatchObject({
      message: "data.a in body: is wrong",
      ...issue("data.a", "is wrong"),
    });
    expect(() => rejectUnknownKeys("a", {})).not.toThrow();
    expect(await readFailure(() => rejectUnknownKeys("a", { b: 1 }))).toMatchObject(
      issue("a", 'Unrecognized keys in mapping: ["b"]'),
    );
  });
});
