import { describe, expect, it } from "@jest/globals";
import { FORMAT_KEY } from "../../../../adapters/store/dynamodb/format.ts";
import {
  claimKey,
  clockFromItem,
  clockKey,
  entryFromItem,
  fromItem,
  grantKey,
  HEARTBEAT_KEY,
  hasParentItem,
  headFromItem,
  isParent,
  keyOf,
  memberKey,
  membershipFromItem,
  parentKey,
  principalsOf,
  secretKey,
  text,
  toItem,
  tokenKey,
  toParentItem,
  uriOf,
} from "../../../../adapters/store/dynamodb/items.ts";
import type { StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, objectRef } from "../../../../core/resources.ts";

const TIME_MS = 1_700_000_000_000;
const ref = objectRef(BUCKETS, "b");
const stored = (revision: number, json = '{"id":"b"}'): StoredObject => ({
  json,
  last_modified: TIME_MS,
  revision,
  deleted: false,
  acl: {},
  changedBy: "basicauth:alice",
  parentGeneration: "root",
  ownGeneration: "g",
});

describe("items of objects", () => {
  it("are in the index by revision only if it differs from last_modified", () => {
    expect(toItem(ref, stored(TIME_MS))).not.toHaveProperty("seq");
    expect(toItem(ref, stored(TIME_MS + 1))).toMatchObject({ seq: { S: "root.0001700000000001.b" } });
  });

  it("leave large JSON out of the indexes, earlier if it would be in both", () => {
    const json = `{"id":"b","text":"${"x".repeat(150_000)}"}`;
    expect(toItem(ref, stored(TIME_MS, json))).toMatchObject({ json: { S: json } });
    expect(toItem(ref, stored(TIME_MS + 1, json))).toMatchObject({ large: { S: json } });
  });

  it("are copied to parent items without what only lists need", () => {
    const item = toParentItem(ref, stored(TIME_MS + 1));
    expect(item).toMatchObject({ pk: { S: "parent#/buckets/b" }, sk: { S: "#" }, own: { S: "g" } });
    for (const name of ["at", "seq", "via"]) expect(item).not.toHaveProperty(name);
  });
});

describe("the keys of the table", () => {
  const list = BUCKETS;

  it.each([
    ["an object", keyOf(ref), "/buckets b"],
    ["a parent", parentKey(ref), "parent#/buckets/b #"],
    ["a clock", clockKey(list), "/buckets #clock"],
    ["a grant", grantKey("basicauth:u", ref), "who#basicauth:u /buckets#b"],
    ["a membership", memberKey("basicauth:u", ref), "member#basicauth:u /buckets/b"],
    ["a claim", claimKey("k"), "claim#k #"],
    ["a secret", secretKey("s"), "secret#s #"],
    ["a token", tokenKey("t"), "spent#t #"],
    ["the heartbeat", HEARTBEAT_KEY, "heartbeat# #"],
    ["the format", FORMAT_KEY, "meta# #"],
  ])("find %s that an earlier version has stored", (_, key, expected) => {
    expect(`${key.pk?.S} ${key.sk?.S}`).toBe(expected);
    expect(Object.keys(key)).toHaveLength(2);
  });

  it("lead from items to URIs", () => {
    expect([uriOf(keyOf(ref)), uriOf(parentKey(ref))]).toEqual(["/buckets/b", "/buckets/b"]);
    expect([isParent(keyOf(ref)), isParent(parentKey(ref))]).toEqual([false, true]);
  });
});

describe("objects that are stored and read", () => {
  const { ownGeneration: _, ...childless } = stored(TIME_MS);
  const full: StoredObject = {
    ...{ ...stored(TIME_MS + 1), acl: { read: ["a"], write: ["b", "c"] }, provenance: { request_id: "q" } },
  };

  it.each<[string, StoredObject]>([
    ["without optional parts", childless],
    ["with all parts", full],
    ["that are deleted", { ...childless, deleted: true }],
    ["that are large", stored(TIME_MS, `{"text":"${"x".repeat(250_000)}"}`)],
  ])("are equal %s", (_, object) => {
    const { json, provenance, ...head } = object;
    const item = toItem(ref, object);

    expect(fromItem(item)).toEqual(object);
    expect(fromItem(toParentItem(ref, object))).toEqual({ ...head, deleted: false, json });
    expect(headFromItem(item)).toEqual(head);
    const { last_modified, revision } = object;
    expect(entryFromItem(item)).toEqual({
      ...{ id: "b", last_modified, revision },
      json: json.length > 200_000 ? undefined : json,
    });
    expect([hasParentItem(object), item.kind]).toEqual([object.ownGeneration !== undefined, { S: "bucket" }]);
    expect([item.via, item.gone].filter((one) => one !== undefined)).toHaveLength(
      Number(provenance !== undefined) + Number(object.deleted),
    );
    expect(principalsOf(object)).toEqual(Object.values(object.acl).flat());
  });

  it("are sorted by kind, time and id", () => {
    const atOf = (changes: Partial<StoredObject>, id = "b") =>
      toItem(objectRef(BUCKETS, id), { ...childless, ...changes }).at?.S ?? "";
    const sorted = [
      ...[atOf({ last_modified: 999 }), atOf({ last_modified: 1000 }, "a"), atOf({ last_modified: 1000 })],
      ...[atOf({ last_modified: 10, deleted: true }), atOf({ last_modified: 10, parentGeneration: "s" })],
    ];

    expect(sorted.toSorted()).toEqual(sorted);
    expect(sorted[0]).toBe("root.o.0000000000000999.b");
    expect(sorted[3]).toBe("root.t.0000000000000010.b");
  });

  it("leave the index when all copies and the permissions need more than 380 KB", () => {
    const permissions = { acl: { read: ["x".repeat(1000)] } };
    const bytesOfAcl = JSON.stringify(permissions.acl).length;
    const isInIndex = (bytes: number, revision = TIME_MS) =>
      "json" in toItem(ref, { ...stored(revision, "x".repeat(bytes)), ...permissions });
    const [twice, thrice] = [2, 3].map((copies) => Math.floor((380 * 1024 - bytesOfAcl) / copies)) as [number, number];

    expect([isInIndex(twice), isInIndex(twice + 1)]).toEqual([true, false]);
    expect([isInIndex(thrice, TIME_MS + 1), isInIndex(thrice + 1, TIME_MS + 1)]).toEqual([true, false]);
  });
});

describe("other items", () => {
  it("are read", () => {
    const clock = { of: { S: "g" }, last: { N: "5" }, n: { N: "2" } };
    expect(clockFromItem(clock)).toEqual({ parentGeneration: "g", timestamp: 5, count: 2, untouched: false });
    expect(clockFromItem({ ...clock, untouched: { BOOL: true } })).toMatchObject({ untouched: true });
    const membership = { ...memberKey("m", ref), of: { S: "g" } };
    expect(membershipFromItem(membership)).toEqual({ group: "/buckets/b", parentGeneration: "g", unverified: false });
    expect(membershipFromItem({ ...membership, unproven: { BOOL: true } })).toMatchObject({ unverified: true });
  });

  it("name the attribute that they lack", () => {
    const message = (type: string, name: string) => `The item /buckets b has no ${type} attribute '${name}'`;
    expect(() => text(keyOf(ref), "of")).toThrow(new TypeError(message("string", "of")));
    expect(() => clockFromItem({ ...keyOf(ref), of: { S: "g" } })).toThrow(new TypeError(message("number", "last")));
    expect(() => text({}, "of")).toThrow("The item undefined undefined has no");
    expect(() => clockFromItem({ of: { S: "g" } })).toThrow("The item undefined undefined has no");
  });
});
