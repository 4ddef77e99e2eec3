import { describe, expect, it } from "@jest/globals";
import { QUEUED_FILTER, type StreamFilter } from "../../adapters/store/dynamodb/table.ts";
import { streamFiltersFor } from "../../config/stream-filters.ts";
import { createResources, RESOURCES } from "../../core/resources.ts";
import { matchesPattern } from "../../lib/filter-pattern.ts";

type Filters = Parameters<typeof streamFiltersFor>[1];
type Image = Record<string, { readonly S: string }>;

/** A stream record of an item with a kind: written, replaced or removed. */
const record = (pk: string, kind: string | undefined, { after = true, before = false, ...more } = {}) => {
  const image: Image = { ...(kind !== undefined && { kind: { S: kind } }), ...more };
  return {
    dynamodb: {
      Keys: { pk: { S: pk }, sk: { S: "a" } },
      ...(after && { NewImage: image }),
      ...(before && { OldImage: image }),
    },
  };
};
const removed = (pk: string, kind: string) => record(pk, kind, { after: false, before: true });
const matches = (patterns: readonly StreamFilter[], one: object) =>
  patterns.some((pattern) => matchesPattern(pattern, one));
const passes = (filters: Filters, one: object) => matches(streamFiltersFor(RESOURCES, filters), one);

const allCreations = [{ on: ["bucket.create", "collection.create", "group.create", "record.create"] }];

describe("streamFiltersFor", () => {
  it.each([
    ["/buckets", "bucket"],
    ["/buckets/blog/collections/posts/records", "record"],
  ])("passes an object: %s %s", (pk, kind) => expect(passes(allCreations, record(pk, kind))).toBe(true));

  it.each(["/buckets", "who#system.Everyone", "member#basicauth:1", "claim#email-notify#1", "secret#hmac"])(
    "rejects items without kind: %s",
    (pk) => expect(passes(allCreations, record(pk, undefined))).toBe(false),
  );

  it("rejects jobs whose kind has the name of a resource", () => {
    const resources = createResources([
      {
        name: "action",
        about: "An action.",
        plural: "actions",
        parent: null,
        principals: { create: [], read: [], write: [] },
      },
    ]);
    const patterns = streamFiltersFor(resources, [{ on: ["action.create"] }]);

    expect(matches(patterns, record("/actions", "action"))).toBe(true);
    expect(matches(patterns, record("job#1", "action"))).toBe(false);
  });

  it.each(["job#1", "message#inbox#1"])("passes what is queued only: %s", (pk) => {
    const item = (status: string) => ({
      dynamodb: { Keys: { pk: { S: pk }, sk: { S: "#" } }, NewImage: { status: { S: status } } },
    });
    const expired = {
      dynamodb: { Keys: { pk: { S: pk }, sk: { S: "#" } }, OldImage: { status: { S: "queued" } } },
    };

    expect(streamFiltersFor(RESOURCES, [])).toEqual([QUEUED_FILTER]);
    expect([item("queued"), item("running"), expired].map((one) => passes([], one))).toEqual([true, false, false]);
  });

  it("passes removed objects of resources whose removal has a listener", () => {
    const purges = [{ on: ["collection.purge"] }, { on: ["record.create", "record.update", "record.delete"] }];

    expect(passes(purges, removed("/buckets/b/collections", "collection"))).toBe(true);
    expect(passes(purges, removed("/buckets/b/collections/c/records", "record"))).toBe(false);
  });

  it("passes removed objects in named lists only", () => {
    const purges = [{ on: ["record.purge"], buckets: ["b"] }];

    expect(passes(purges, removed("/buckets/b/collections/c/records", "record"))).toBe(true);
    expect(passes(purges, removed("/buckets/a/collections/c/records", "record"))).toBe(false);
  });

  it.each([
    [{ on: ["record.create"] }, "/buckets/b/collections/c/records", ["/buckets/b/collections", "collection"]],
    [{ on: ["bucket.delete"] }, "/buckets", ["/buckets/b/collections", "collection"]],
    [
      { on: ["record.create"], buckets: ["b"] },
      "/buckets/b/collections/c/records",
      ["/buckets/bb/collections/c/records", "record"],
    ],
    [
      { on: ["record.create"], buckets: ["b-*"] },
      "/buckets/b-1/collections/c/records",
      ["/buckets/c-1/collections/c/records", "record"],
    ],
    [
      { on: ["record.create"], buckets: ["b"], collections: ["c", "d"] },
      "/buckets/b/collections/d/records",
      ["/buckets/b/collections/e/records", "record"],
    ],
    [{ on: ["record.create"], collections: ["c"] }, "/buckets/b/collections/c/records", ["/buckets/b/groups", "group"]],
  ])("rejects lists without subscriptions: %j", (filter, matching, [other = "", otherKind]) => {
    const kind = filter.on[0]?.split(".")[0];

    expect(passes([filter], record(matching, kind))).toBe(true);
    expect(passes([filter], record(other, otherKind))).toBe(false);
  });

  it("keeps the lists of one resource apart from others that are covered everywhere", () => {
    const filters = [{ on: ["record.create"], buckets: ["b"] }, { on: ["collection.create"] }];

    expect(passes(filters, record("/buckets/a/collections", "collection"))).toBe(true);
    expect(passes(filters, record("/buckets/b/collections/c/records", "record"))).toBe(true);
    expect(passes(filters, record("/buckets/a/collections/c/records", "record"))).toBe(false);
  });

  it("passes all objects of a resource that another subscription covers everywhere", () => {
    const filters = [{ on: ["record.create"], buckets: ["b"] }, { on: ["record.update"] }];

    expect(passes(filters, record("/buckets/a/collections/c/records", "record"))).toBe(true);
  });

  it("passes all objects of a resource if the filter would be too long", () => {
    const collections = Array.from({ length: 300 }, (_, index) => `collection-${index}`);
    const filters = [{ on: ["record.create"], buckets: ["b"], collections }];

    expect(passes(filters, record("/buckets/other/collections/c/records", "record"))).toBe(true);
    expect(passes(filters, record("/buckets", "bucket"))).toBe(false);
  });

  it("passes all objects if the names of resources would be too long", () => {
    const resources = createResources(
      Array.from({ length: 200 }, (_, index) => ({
        name: `resource-with-a-name-${index}`,
        about: "A resource.",
        plural: `resources-${index}`,
        parent: null,
        principals: { create: [], read: [], write: [] },
      })),
    );
    const patterns = streamFiltersFor(
      resources,
      resources.all.map(({ name }) => ({ on: [`${name}.create`] })),
    );

    expect(patterns.map((pattern) => JSON.stringify(pattern).length > 4096)).toEqual([false, false]);
    expect(matches(patterns, record("/resources-7", "resource-with-a-name-7"))).toBe(true);
    expect(matches(patterns, record("/resources-7", undefined))).toBe(false);
  });
});
