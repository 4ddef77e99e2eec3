import { describe, expect, it } from "@jest/globals";
import type { ChangeEvent } from "../../../core/events/event.ts";
import { type EventFilter, matchesFilter, matchesPlaces, matchesSubscription } from "../../../core/events/listener.ts";

const EVENT: ChangeEvent = {
  ...{ id: "e", resource_name: "record", uri: "/buckets/blog/collections/posts/records/r", user_id: "u" },
  ...{ bucket_id: "blog", collection_id: "posts", record_id: "r", timestamp: 1, parent_generation: "g" },
  action: "create",
  new: { title: "Hi" },
};

describe("matchesFilter", () => {
  it.each<[EventFilter, boolean]>([
    [{ on: ["record.create"] }, true],
    [{ on: ["record.update", "record.create"] }, true],
    [{ on: ["record.update"] }, false],
    [{ on: ["group.create"] }, false],
    [{ on: [] }, false],
    [{ on: ["record.create"], buckets: ["blog"] }, true],
    [{ on: ["record.create"], buckets: ["shop"] }, false],
    [{ on: ["record.create"], buckets: ["shop", "b*"] }, true],
    [{ on: ["record.create"], collections: ["posts"] }, true],
    [{ on: ["record.create"], collections: ["drafts"] }, false],
    [{ on: ["record.create"], buckets: ["blog"], collections: ["drafts"] }, false],
    [{ on: ["record.create"], where: { new: { title: ["Hi"] } } }, true],
    [{ on: ["record.create"], where: { new: { title: ["Ho"] } } }, false],
    [{ on: ["record.update"], where: { new: { title: ["Hi"] } } }, false],
  ])("%j: %j", (filter, expected) => {
    expect(matchesFilter(filter, EVENT)).toBe(expected);
  });
});

describe("matchesPlaces", () => {
  it.each<[Pick<EventFilter, "buckets" | "collections">, Pick<ChangeEvent, "bucket_id" | "collection_id">, boolean]>([
    [{}, {}, true],
    [{ buckets: ["*"] }, {}, false],
    [{ collections: ["*"] }, { bucket_id: "a" }, false],
    [{ buckets: ["a"] }, { bucket_id: "a" }, true],
  ])("%j matches %j: %j", (filter, place, expected) => {
    expect(matchesPlaces(filter, place)).toBe(expected);
  });
});

describe("matchesSubscription", () => {
  it.each<[readonly string[] | undefined, boolean | undefined, boolean]>([
    [undefined, undefined, true],
    [["p-other"], undefined, true],
    [["p-own"], undefined, false],
    [["p-own"], false, false],
    [["p-own"], true, true],
    [["p-own", "p-other"], undefined, true],
    [["p-other", "p-own"], undefined, false],
  ])("of a change caused by %j, where echo is %j: %j", (cause, echo, expected) => {
    const subscription = { name: "p-own", on: ["record.create"], ...(echo !== undefined && { echo }) };

    expect(matchesSubscription(subscription, { ...EVENT, ...(cause && { cause }) })).toBe(expected);
    expect(matchesSubscription({ ...subscription, on: ["record.delete"] }, { ...EVENT, ...(cause && { cause }) })).toBe(
      false,
    );
  });
});

describe("matchesSubscription of an imported change", () => {
  it.each([
    [undefined, false],
    [false, false],
    [true, true],
  ])("where imports is %j: %j", (imports, expected) => {
    const subscription = { name: "p-own", on: ["record.create"], ...(imports !== undefined && { imports }) };
    expect(matchesSubscription(subscription, { ...EVENT, imported: true })).toBe(expected);
  });
});
