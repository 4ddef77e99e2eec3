import { describe, expect, it } from "@jest/globals";
import { toItem, toParentItem } from "../../../../adapters/store/dynamodb/items.ts";
import { putOutboxEntry, upgradeMessageItem } from "../../../../adapters/store/dynamodb/outbox.ts";
import {
  changeFromStream,
  queuedJobFromStream,
  sentMessageFromStream,
} from "../../../../adapters/store/dynamodb/stream.ts";
import { upgradeItem } from "../../../../adapters/store/dynamodb/upgrade-item.ts";
import type { StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, objectRef, RESOURCES } from "../../../../core/resources.ts";

const ref = objectRef(BUCKETS, "b");
const bucket: StoredObject = {
  ...{ json: '{"id":"b"}', last_modified: 5, revision: 7, deleted: false, acl: { read: ["u"] }, changedBy: "u" },
  ...{ parentGeneration: "root", ownGeneration: "b1", provenance: { request_id: "q" } },
};
const removed: StoredObject = { ...bucket, deleted: true, acl: {} };
const message = { queue: "p-in", body: '{"a":"é"}', group: "g", attributes: { x: "y" } };
const [put] = putOutboxEntry("t", { message });
const messageItem = put?.Put?.Item ?? {};

describe("a record of the table's stream", () => {
  it.each<[string, StoredObject | undefined, StoredObject | undefined]>([
    ["created", undefined, bucket],
    ["changed", removed, bucket],
    ["removed", bucket, undefined],
  ])("is the change of an object that was %s", (_, before, after) => {
    const images = { OldImage: before && toItem(ref, before), NewImage: after && toItem(ref, after) };

    expect(changeFromStream(RESOURCES, images)).toEqual({ ref, before, after });
  });

  it("may be of a plugin that is not configured, or empty", () => {
    const comment = { ...toItem(ref, bucket), pk: { S: "/comments" } };
    expect(changeFromStream(RESOURCES, { NewImage: comment })).toBeUndefined();
    expect(changeFromStream(RESOURCES, {})).toBeUndefined();
    expect([sentMessageFromStream({}), queuedJobFromStream({})]).toEqual([undefined, undefined]);
  });

  it("sends a message", () => {
    expect(sentMessageFromStream({ NewImage: messageItem })).toEqual(message);
    expect(sentMessageFromStream({ OldImage: messageItem })).toBeUndefined();
    expect(sentMessageFromStream({ NewImage: toItem(ref, bucket) })).toBeUndefined();
  });
});

describe("an item of format 1", () => {
  const { kind: _, seq: __, ...old } = toItem(ref, bucket);

  it("that is an object gets its place by revision, its kind and its parent item", () => {
    expect(upgradeItem(RESOURCES, old)).toEqual([toItem(ref, bucket), toParentItem(ref, bucket)]);
    const { own: __, ...childless } = old;
    expect(upgradeItem(RESOURCES, childless)).toHaveLength(1);
  });

  it("that is a parent item is left out, as its object makes it again", () => {
    expect(upgradeItem(RESOURCES, toParentItem(ref, bucket))).toEqual([]);
    const ofPlugin = { ...toParentItem(ref, bucket), pk: { S: "parent#/comments/c" } };
    expect(upgradeItem(RESOURCES, ofPlugin)).toEqual([ofPlugin]);
  });

  it("that is a message gets its status", () => {
    const { status: _, ...oldMessage } = messageItem;
    expect(upgradeItem(RESOURCES, oldMessage)).toEqual([messageItem]);
    expect(upgradeMessageItem({ pk: { S: "claim#k" } })).toEqual({ pk: { S: "claim#k" } });
  });

  it.each([
    [{ pk: { S: "/buckets" }, sk: { S: "#clock" } }],
    [{ pk: { S: "/comments" }, sk: { S: "c" } }],
    [{ pk: { S: "who#u" }, sk: { S: "/buckets#b" } }],
    [{ pk: { S: "state#p#/buckets" }, sk: { S: "b" } }],
  ])("stays as it is: %j", (item) => {
    expect(upgradeItem(RESOURCES, item)).toEqual([item]);
  });
});
