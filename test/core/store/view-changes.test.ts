import { describe, expect, it } from "@jest/globals";
import type { ListClock } from "../../../core/ports/store.ts";
import { listRef, RESOURCES } from "../../../core/resources.ts";
import type { View } from "../../../core/store/view.ts";
import {
  BUCKET,
  COLLECTION,
  clock,
  DRAFT,
  GROUPS,
  groupOf,
  NOW,
  openView,
  RECORD,
  RECORDS,
  recordOf,
  stored,
} from "./open-view.ts";

const COLLECTIONS = listRef(RESOURCES.core.collection, BUCKET);
const OTHER = recordOf("s");
const clocksOf = (view: View): Record<string, ListClock> =>
  Object.fromEntries((view.buildCommit()?.clocks ?? []).map(({ list, after }) => [list.uri, after]));

describe("an object that is put", () => {
  it("gets an id and a timestamp in its data, and counts once", () => {
    const view = openView({ clocks: { [RECORDS.uri]: clock(5) } });
    const after = view.put(RECORD, {
      data: { n: 1, id: "x", last_modified: 1 },
      acl: { read: ["u"] },
      changedBy: "me",
    });

    expect(after).toEqual({
      ...{ json: `{"n":1,"id":"r","last_modified":${NOW}}`, last_modified: NOW, revision: NOW, deleted: false },
      ...{ acl: { read: ["u"] }, changedBy: "me", parentGeneration: "c1" },
    });
    view.put(RECORD, DRAFT);
    expect(clocksOf(view)).toEqual({ [RECORDS.uri]: clock(NOW + 1, { count: 4 }) });
  });

  it.each<[string, { timestamp?: number; min?: number; lastModified?: number }, [number, number, number]]>([
    ["now", {}, [NOW, NOW, NOW]],
    ["after the list's last", { timestamp: NOW }, [NOW + 1, NOW + 1, NOW + 1]],
    ["after the last that this process wrote", { min: NOW + 7 }, [NOW + 8, NOW + 8, NOW + 8]],
    ["in the past", { timestamp: 9, lastModified: 7 }, [7, 10, 10]],
    ["of the list's last change", { timestamp: 9, lastModified: 9 }, [10, 10, 10]],
    ["just after the list's last change", { timestamp: 9, lastModified: 10 }, [10, 10, 10]],
    ["in the future", { lastModified: NOW + 5 }, [NOW + 5, NOW + 5, NOW + 5]],
  ])("can be %s", (_, { timestamp, min = 0, lastModified }, expected) => {
    const clocks = timestamp === undefined ? {} : { [RECORDS.uri]: clock(timestamp) };
    const view = openView({ clocks }, { minTimestamp: (uri) => (uri === RECORDS.uri ? min : 0) });
    const { last_modified, revision } = view.put(RECORD, { ...DRAFT, lastModified });

    expect([last_modified, revision, view.clock(RECORDS)?.timestamp]).toEqual(expected);
  });

  it("has rising revisions also after its list was set back", () => {
    const objects = { [RECORD.uri]: stored({ revision: NOW + 50 }) };
    const view = openView({ objects, clocks: { [RECORDS.uri]: clock(5) } });

    expect(view.put(RECORD, DRAFT)).toMatchObject({ last_modified: NOW, revision: NOW + 51 });
    expect(view.put(OTHER, DRAFT)).toMatchObject({ last_modified: NOW + 1, revision: NOW + 1 });
    expect(view.delete(RECORD, "me")).toMatchObject({ revision: NOW + 52 });
  });

  it("keeps its generation; a new one starts the lists of its core children", () => {
    const nextId = (kind: string) => `new ${kind}`;
    const objects = { [BUCKET.uri]: stored({ parentGeneration: "root", ownGeneration: "b1" }) };
    expect(openView({ objects }, { nextId }).put(BUCKET, DRAFT).ownGeneration).toBe("b1");
    const older = { [COLLECTION.uri]: stored({ parentGeneration: "b1" }) };
    expect(openView({ objects: older }, { nextId }).put(COLLECTION, DRAFT)).not.toHaveProperty("ownGeneration");
    expect(openView({}, { nextId }).put(RECORD, DRAFT)).not.toHaveProperty("ownGeneration");

    const view = openView({ parents: {} }, { nextId });
    expect(view.put(BUCKET, DRAFT).ownGeneration).toBe("new generation");
    expect(clocksOf(view)).toEqual({
      "/buckets": clock(NOW, { parentGeneration: "root", count: 1 }),
      [COLLECTIONS.uri]: clock(NOW, { parentGeneration: "new generation", count: 0, untouched: true }),
    });
    view.put(BUCKET, DRAFT);
    expect(clocksOf(view)[COLLECTIONS.uri]?.timestamp).toBe(NOW);
    expect(openView({ parents: {} }).put(BUCKET, DRAFT).ownGeneration).toMatch(/^[0-9a-f-]{8,}$/i);
  });

  it.each([
    [true, NOW + 9],
    [false, NOW + 10],
  ])("continues the time of a child list whose ended generation was untouched: %j", (untouched, timestamp) => {
    const ended = clock(NOW + 9, { parentGeneration: "c0", untouched });
    const view = openView(
      {
        parents: { [BUCKET.uri]: stored({ parentGeneration: "root", ownGeneration: "b1" }) },
        clocks: { [RECORDS.uri]: ended },
      },
      { nextId: () => "c1" },
    );
    view.put(COLLECTION, DRAFT);

    expect(clocksOf(view)[RECORDS.uri]).toEqual(clock(timestamp, { count: 0, untouched: true }));
    view.put(RECORD, DRAFT);
    expect(clocksOf(view)[RECORDS.uri]).toEqual(clock(timestamp + 1, { count: 1 }));
  });
});

describe("an object that is deleted", () => {
  it.each([
    [undefined, NOW, NOW],
    [3, 3, 6],
  ])("becomes a tombstone, with last_modified %j", (lastModified, last_modified, revision) => {
    const objects = { [RECORD.uri]: stored({ acl: { read: ["u"] }, ownGeneration: "r1" }) };
    const view = openView({ objects, clocks: { [RECORDS.uri]: clock(5) } });

    expect(view.delete(RECORD, "me", lastModified)).toEqual({
      ...{ json: `{"id":"r","last_modified":${last_modified},"deleted":true}`, last_modified, revision },
      ...{ deleted: true, acl: {}, changedBy: "me", parentGeneration: "c1" },
    });
    expect(clocksOf(view)).toEqual({ [RECORDS.uri]: clock(revision, { count: 2 }) });
  });
});

describe("an object that gets another last_modified", () => {
  it.each([false, true])("keeps everything but its cause, deleted: %j", (deleted) => {
    const before = stored({ acl: { read: ["u"] }, json: '{"id":"r","n":1,"last_modified":5}', deleted });
    const objects = { [RECORD.uri]: { ...before, provenance: { request_id: "q" } } };
    const view = openView({ objects, clocks: { [RECORDS.uri]: clock(5) } });
    view.setLastModified(RECORD, 3);

    const json = '{"id":"r","n":1,"last_modified":3}';
    expect(view.changes[0]?.after).toEqual({ ...before, json, last_modified: 3, revision: 6 });
    expect(clocksOf(view)).toEqual({ [RECORDS.uri]: clock(6) });
  });

  it("must exist in the present generation", () => {
    const view = openView({ objects: { [RECORD.uri]: stored({ parentGeneration: "c0" }) } });
    for (const ref of [RECORD, OTHER]) view.setLastModified(ref, 3);

    expect(view.buildCommit()).toBeUndefined();
  });
});

describe("the commit of a view", () => {
  it("has each change once", () => {
    const view = openView({ clocks: { [RECORDS.uri]: clock(5) } });
    view.put(RECORD, DRAFT);
    view.put(groupOf("g"), DRAFT);
    view.put(OTHER, DRAFT);
    view.put(RECORD, DRAFT);

    const { changes = [], clocks = [] } = view.buildCommit() ?? {};
    expect(changes.map(({ ref }) => ref.id)).toEqual(["r", "g", "s"]);
    expect(clocks).toMatchObject([
      { list: RECORDS, before: clock(5), after: clock(NOW + 2, { count: 5 }), requireUnchanged: false },
      { list: GROUPS, before: undefined },
    ]);
  });

  it("is absent without changes, and may have only messages", () => {
    const view = openView();
    expect(view.buildCommit()).toBeUndefined();
    const message = { message: { queue: "q", body: "{}" } };
    view.addToOutbox(message);

    expect(view.buildCommit()).toEqual({ changes: [], clocks: [], outbox: [message] });
  });

  it("leaves out what came after a savepoint", () => {
    const view = openView({ clocks: { [RECORDS.uri]: clock(5) } });
    view.put(RECORD, DRAFT);
    view.requireUnchanged(GROUPS);
    view.addToOutbox({ message: { queue: "q", body: "1" } });
    view.ensureTimestamp(GROUPS);
    const before = view.buildCommit();
    const rollback = view.savepoint();
    view.requireUnchanged(RECORDS);
    view.addToOutbox({ message: { queue: "q", body: "2" } });
    for (const ref of [RECORD, OTHER, COLLECTION]) view.put(ref, DRAFT);
    expect(view.buildCommit()?.clocks).toMatchObject([{ requireUnchanged: true }, { requireUnchanged: true }, {}]);
    rollback();

    expect(view.buildCommit()).toEqual(before);
    expect(before?.clocks).toMatchObject([{ requireUnchanged: false }, { requireUnchanged: true }]);
  });
});
