import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Item, memberKey, toItem, toParentItem } from "../../../../adapters/store/dynamodb/items.ts";
import { writeAll } from "../../../../adapters/store/dynamodb/operations.ts";
import type { StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, createResources, listRef, objectRef, RESOURCES } from "../../../../core/resources.ts";
import { keysOf, openTable } from "./open-table.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const put = (...items: readonly Item[]) =>
  writeAll(
    table.send,
    "kintoun",
    items.map((Item) => ({ PutRequest: { Item } })),
  );
const object = (changes: Partial<StoredObject> = {}): StoredObject => ({
  ...{ json: `{"t":"${"x".repeat(9000)}"}`, last_modified: 5, revision: 5, deleted: false, acl: { read: ["u"] } },
  ...{ changedBy: "u", parentGeneration: "g" },
  ...changes,
});
const none = { name: "note", about: "", principals: { create: [], read: [], write: [] } };
const { parseUri } = createResources([{ ...none, plural: "notes", parent: "record" }]);
const refOf = (uri: string) => parseUri(uri) ?? objectRef(BUCKETS, "none");

describe("objects and parents", () => {
  const [bucket, other] = [refOf("/buckets/a"), refOf("/buckets/b")];
  const [recent, old] = ["recent", "old"].map((id) => refOf(`/buckets/a/collections/c/records/${id}`)) as [
    typeof bucket,
    typeof bucket,
  ];
  const [inList, inParent] = [object({ ownGeneration: "1" }), object({ ownGeneration: "2" })];
  beforeAll(() =>
    put(
      toItem(bucket, inList),
      toParentItem(bucket, inParent),
      toItem(other, inList),
      toItem(recent, inList),
      toParentItem(recent, inParent),
      toItem(old, object()),
    ),
  );

  it("are read from where they are asked for", async () => {
    const { objects, parents } = await table.store.read({ objects: [bucket], parents: [bucket], clocks: [] });

    expect([[...objects], [...parents]]).toEqual([[[bucket.uri, inList]], [[bucket.uri, inParent]]]);
  });

  it("are read from their list if they may have been stored before a plugin added child resources", async () => {
    const { result, calls } = await table.record(() =>
      table.store.read({ objects: [], parents: [bucket, other, recent, old], clocks: [] }),
    );

    expect([...result.parents.keys()].toSorted()).toEqual([bucket.uri, old.uri, recent.uri].toSorted());
    expect(result.parents.get(old.uri)).toEqual(object());
    expect(keysOf(calls[1])).toEqual([`${old.list.uri} old`]);
    expect((await table.record(() => table.store.readHeads({ objects: [], parents: [other] }))).calls).toHaveLength(1);
  });

  it("have heads without data, and the bytes that were read for them", async () => {
    const { heads, bytes } = await table.store.readHeads({ objects: [other], parents: [bucket, old] });
    const toHead = ({ json: _, ...head }: StoredObject) => head;

    expect(new Map(heads)).toEqual(
      new Map([
        [other.uri, toHead(inList)],
        [bucket.uri, toHead(inParent)],
        [old.uri, toHead(object())],
      ]),
    );
    expect(bytes).toBeGreaterThanOrEqual(3 * 9000);
    expect(bytes % 4096).toBe(0);
  });
});

describe("memberships", () => {
  const groups = listRef(RESOURCES.core.group, objectRef(BUCKETS, "b"));
  const groupOf = (id: string) => objectRef(groups, id);
  beforeAll(() =>
    put(
      ...["a", "b", "c"].map((id) => ({ ...memberKey("m", groupOf(id)), of: { S: "g" } })),
      { ...memberKey("m", groupOf("d")), of: { S: "h" }, unproven: { BOOL: true } },
      { ...memberKey("other", groupOf("e")), of: { S: "g" } },
    ),
  );
  const membership = (id: string, changes = {}) => ({
    ...{ group: groupOf(id).uri, parentGeneration: "g", unverified: false },
    ...changes,
  });

  it("of a member are read in the order of groups", async () => {
    const after = groupOf("b").uri;

    expect(await table.store.readMemberships("m", after)).toEqual({
      groups: [membership("c"), membership("d", { parentGeneration: "h", unverified: true })],
    });
    const { memberships } = await table.store.read({ objects: [], clocks: [], members: ["m", "none"] });
    expect([...memberships].map(([user, { groups }]) => [user, groups.length])).toEqual([
      ["m", 4],
      ["none", 0],
    ]);
  });

  it("of a member come in pages of 500", async () => {
    const ids = Array.from({ length: 501 }, (_, n) => `g${1000 + n}`);
    await put(...ids.map((id) => ({ ...memberKey("many", groupOf(id)), of: { S: "g" } })));
    const { memberships } = await table.store.read({ objects: [], clocks: [], members: ["many"] });
    const { groups = [], next = "" } = memberships.get("many") ?? {};

    expect([groups.length, next]).toEqual([500, groupOf("g1499").uri]);
    expect(await table.store.readMemberships("many", next)).toEqual({ groups: [membership("g1500")] });
  });

  it("of a member in some groups are found", async () => {
    const uris = ["a", "c", "e"].map((id) => groupOf(id).uri);

    expect(await table.store.findMemberships("m", uris)).toEqual([membership("a"), membership("c")]);
    expect(await table.store.findMemberships("m", [])).toEqual([]);
  });
});
