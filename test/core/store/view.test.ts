import { describe, expect, it } from "@jest/globals";
import type { StoredObject } from "../../../core/ports/store.ts";
import { type ListRef, listRef, RESOURCES } from "../../../core/resources.ts";
import { generationOf, groupMembers, parentsOf, parseData, readsForWrite, readsOf } from "../../../core/store/view.ts";
import {
  BUCKET,
  COLLECTION,
  clock,
  DRAFT,
  GROUPS,
  groupOf,
  openView,
  PARENTS,
  RECORD,
  RECORDS,
  recordOf,
  refOf,
  stored,
} from "./open-view.ts";

const { collection, record } = RESOURCES.core;
const uris = (refs: readonly { readonly uri: string }[]) => refs.map(({ uri }) => uri);

describe("an object in a view", () => {
  it.each<[string, Parameters<typeof openView>[0], boolean]>([
    ["that is stored", { objects: { [RECORD.uri]: stored() } }, true],
    ["that was read as a parent", { parents: { ...PARENTS, [RECORD.uri]: stored() } }, true],
    ["that is missing", {}, false],
    ["that is deleted", { objects: { [RECORD.uri]: stored({ deleted: true }) } }, false],
    ["of an ended generation", { objects: { [RECORD.uri]: stored({ parentGeneration: "c0" }) } }, false],
    ["without a collection", { objects: { [RECORD.uri]: stored() }, parents: {} }, false],
    [
      "of a collection of an ended generation",
      {
        objects: { [RECORD.uri]: stored() },
        parents: { ...PARENTS, [BUCKET.uri]: stored({ parentGeneration: "root", ownGeneration: "b2" }) },
      },
      false,
    ],
    ["of which the head was read", { heads: { [RECORD.uri]: stored() } }, false],
  ])("%s exists or not (%#)", (name, content, exists) => {
    const view = openView(content);

    expect(view.object(RECORD)).toEqual(exists ? stored() : undefined);
    expect(view.head(RECORD)).toEqual(exists || name === "of which the head was read" ? stored() : undefined);
  });

  it("is the pending one", () => {
    const view = openView({ objects: { [RECORD.uri]: stored() } });
    expect([view.isChanged(RECORD), view.changes, view.changesIn(RECORDS)]).toEqual([false, [], []]);
    const after = view.put(RECORD, { ...DRAFT, data: { n: 1 } });

    expect([view.object(RECORD), view.head(RECORD), view.isChanged(RECORD)]).toEqual([after, after, true]);
    expect(view.changes).toMatchObject([{ ref: RECORD, before: stored(), after }]);
    expect([view.changesIn(RECORDS), view.changesIn(GROUPS)]).toEqual([view.changes, []]);
    view.delete(RECORD, "me");
    expect([view.object(RECORD), view.isChanged(RECORD)]).toEqual([undefined, true]);
  });

  it("has the generation of its parent", () => {
    const view = openView({ heads: { [RECORD.uri]: stored({ ownGeneration: "r1" }) } });

    expect([RECORD, COLLECTION, BUCKET].map(({ list }) => view.parentGeneration(list))).toEqual(["c1", "b1", "root"]);
    expect(view.parentGeneration(listRef(record, RECORD))).toBe("r1");
    expect(view.parentGeneration(listRef(record, refOf("/buckets/b/collections/none")))).toBeUndefined();
    expect([
      generationOf({ parentGeneration: "p" }),
      generationOf({ parentGeneration: "p", ownGeneration: "o" }),
    ]).toEqual(["p", "o"]);
  });

  it("has principals that its view names", () => {
    const view = openView({
      objects: { [RECORD.uri]: stored({ acl: { read: ["a"], write: ["b"] } }) },
      parents: {
        ...PARENTS,
        [COLLECTION.uri]: stored({ parentGeneration: "b1", ownGeneration: "c1", acl: { read: ["c"] } }),
      },
      heads: { x: stored({ acl: { read: ["d"] } }) },
    });
    view.put(recordOf("s"), { ...DRAFT, acl: { write: ["e", "a"] } });

    expect(view.namedPrincipals().toSorted()).toEqual(["a", "a", "b", "c", "d", "e"]);
  });
});

describe("a list's clock in a view", () => {
  it("is absent, or of another generation", () => {
    expect(openView().clock(RECORDS)).toBeUndefined();
    expect(openView({ clocks: { [RECORDS.uri]: clock(5) } }).clock(RECORDS)).toEqual(clock(5));
    const ended = { [RECORDS.uri]: clock(5, { parentGeneration: "c0" }) };
    expect(openView({ clocks: ended }).clock(RECORDS)).toBeUndefined();
    expect(openView({ clocks: { [RECORDS.uri]: clock(5) }, parents: {} }).clock(RECORDS)).toBeUndefined();
  });

  it("gets a first timestamp when it is needed", () => {
    const [view, existing] = [openView(), openView({ clocks: { [RECORDS.uri]: clock(5) } })];

    expect(view.ensureTimestamp(RECORDS)).toEqual(clock(1_800_000_000_000, { count: 0 }));
    expect([view.isDirty(RECORDS), view.isDirty(GROUPS)]).toEqual([true, false]);
    expect(existing.ensureTimestamp(RECORDS)).toEqual(clock(5));
    expect([existing.isDirty(RECORDS), existing.buildCommit()]).toEqual([false, undefined]);
  });

  it("can be set back, if the list does not change meanwhile", () => {
    const view = openView({ clocks: { [RECORDS.uri]: clock(9) } });
    view.setBack(RECORDS, 7);
    view.setBack(GROUPS, 7);

    expect(view.buildCommit()?.clocks).toEqual([
      { list: RECORDS, before: clock(9), after: clock(7), requireUnchanged: true },
    ]);
  });
});

describe("the memberships in a view", () => {
  const [one, two, three] = [groupOf("g1"), groupOf("g2"), groupOf("g3")];
  const membership = (of: typeof BUCKET) => ({ group: of.uri, parentGeneration: "b1", unverified: false });
  const read = [membership(one), membership(two)];

  it("are those that were read, unless groups change", () => {
    const view = openView();
    view.put(RECORD, { ...DRAFT, data: { members: ["u"] } });

    expect(view.applyGroupChanges("u", read, () => true)).toBe(read);
  });

  it("follow the pending changes of groups that are included", () => {
    const view = openView({ objects: { [two.uri]: stored({ parentGeneration: "b1" }) } });
    view.put(one, { ...DRAFT, data: { members: ["v"] } });
    view.delete(two, "me");
    view.put(three, { ...DRAFT, data: { members: ["v", "u"] } });

    expect(view.applyGroupChanges("u", read, () => true)).toEqual([membership(three)]);
    expect(view.applyGroupChanges("v", [], (uri) => uri === one.uri)).toEqual([membership(one)]);
  });

  it.each<[StoredObject, readonly string[]]>([
    [stored({ json: '{"members":["a",1,null,"b"]}' }), ["a", "b"]],
    [stored({ json: '{"members":"a"}' }), []],
    [stored({ json: "{}" }), []],
    [stored({ json: '{"members":["a"]}', deleted: true }), []],
  ])("of a group are the texts in its members (%#)", (stored, members) => {
    expect(groupMembers(stored)).toEqual(members);
  });
});

describe("what is read for an object", () => {
  it("are its parents, for a write also its list's clock and those of its core child lists", () => {
    expect(readsOf(RECORD)).toEqual({ objects: [RECORD], parents: [COLLECTION, BUCKET], clocks: [] });
    const clocksOf = (ref: typeof RECORD) => uris(readsForWrite(ref).clocks as ListRef[]);
    expect(clocksOf(RECORD)).toEqual([RECORDS.uri]);
    expect(clocksOf(COLLECTION)).toEqual([listRef(collection, BUCKET).uri, RECORDS.uri]);
    expect(clocksOf(BUCKET)).toEqual(["/buckets", listRef(collection, BUCKET).uri]);
    expect([parentsOf(RECORDS), parentsOf(BUCKET.list)].map(uris)).toEqual([[COLLECTION.uri, BUCKET.uri], []]);
  });

  it("must be a JSON object", () => {
    expect(parseData({ json: '{"a":1}' })).toEqual({ a: 1 });
    expect(() => parseData({ json: "[]" })).toThrow(new TypeError("A stored object is not a JSON object"));
  });
});
