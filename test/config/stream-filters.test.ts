import { describe, expect, it } from "@jest/globals";
import { streamFiltersFor } from "../../config/stream-filters.ts";
import { RESOURCES } from "../../core/resources.ts";
import { matchesPattern } from "../../lib/filter-pattern.ts";

const record = (pk: string, sk: string) => ({
  eventName: "INSERT",
  dynamodb: { Keys: { pk: { S: pk }, sk: { S: sk } } },
});
const passes = (filters: Parameters<typeof streamFiltersFor>[1], pk: string, sk = "a") =>
  streamFiltersFor(RESOURCES, filters).some((pattern) => matchesPattern(pattern, record(pk, sk)));

const allCreations = [{ on: ["bucket.create", "collection.create", "group.create", "record.create"] }];

describe("streamFiltersFor", () => {
  it.each([
    ["/buckets", "blog"],
    ["/buckets/blog/collections/posts/records", "a"],
  ])("passes an object: %s %s", (pk, sk) => expect(passes(allCreations, pk, sk)).toBe(true));

  it.each([
    ["/buckets", "#clock"],
    ["who#system.Everyone", "/buckets#blog"],
    ["member#basicauth:1", "/buckets/blog/groups/g"],
    ["claim#email-notify#1", "#"],
    ["secret#userid_hmac_secret", "#"],
  ])("rejects other items: %s %s", (pk, sk) => expect(passes(allCreations, pk, sk)).toBe(false));

  it("passes queued jobs only", () => {
    const job = (status: string) => ({
      dynamodb: { Keys: { pk: { S: "job#1" }, sk: { S: "#" } }, NewImage: { status: { S: status } } },
    });
    const patterns = streamFiltersFor(RESOURCES, []);

    expect(patterns.some((pattern) => matchesPattern(pattern, job("queued")))).toBe(true);
    expect(patterns.some((pattern) => matchesPattern(pattern, job("running")))).toBe(false);
  });

  it.each([
    [{ on: ["record.create"] }, "/buckets/b/collections/c/records", "/buckets/b/collections"],
    [{ on: ["bucket.delete"] }, "/buckets", "/buckets/b/collections"],
    [
      { on: ["record.create"], buckets: ["b"] },
      "/buckets/b/collections/c/records",
      "/buckets/bb/collections/c/records",
    ],
    [
      { on: ["record.create"], buckets: ["b-*"] },
      "/buckets/b-1/collections/c/records",
      "/buckets/c-1/collections/c/records",
    ],
    [
      { on: ["record.create"], buckets: ["b"], collections: ["c", "d"] },
      "/buckets/b/collections/d/records",
      "/buckets/b/collections/e/records",
    ],
    [{ on: ["record.create"], collections: ["c"] }, "/buckets/b/collections/c/records", "/buckets/b/groups"],
  ])("rejects lists without subscriptions: %j", (filter, matching, other) => {
    expect(passes([filter], matching)).toBe(true);
    expect(passes([filter], other)).toBe(false);
  });

  it("passes all objects if the filter would be too long", () => {
    const ids = Array.from({ length: 300 }, (_, index) => `collection-${index}`);

    expect(
      passes([{ on: ["record.create"], buckets: ["b"], collections: ids }], "/buckets/other/collections/c/records"),
    ).toBe(true);
  });
});
