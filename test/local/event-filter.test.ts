import { describe, expect, it } from "@jest/globals";
import { OBJECTS_ONLY } from "../../app/topology.ts";
import { passes } from "../../local/event-filter.ts";

const record = (pk: string, sk: string) => ({ eventName: "INSERT", dynamodb: { Keys: { pk: { S: pk }, sk: { S: sk } } } });

describe("the event filter of the stream", () => {
  it.each([
    ["/buckets", "blog"],
    ["/buckets/blog/collections/posts/records", "a"],
  ])("lets an object through: %s %s", (pk, sk) => expect(passes(OBJECTS_ONLY, record(pk, sk))).toBe(true));

  it.each([
    ["/buckets", "#clock"],
    ["who#system.Everyone", "/buckets#blog"],
    ["member#basicauth:1", "/buckets/blog/groups/g"],
    ["claim#email-notify#1", "#"],
    ["secret#userid_hmac_secret", "#"],
  ])("keeps back what is none: %s %s", (pk, sk) => expect(passes(OBJECTS_ONLY, record(pk, sk))).toBe(false));

  it("takes exact values, and refuses rules that it does not know", () => {
    expect(passes({ eventName: ["REMOVE"] }, record("/buckets", "a"))).toBe(false);
    expect(passes({ eventName: ["REMOVE", "INSERT"] }, record("/buckets", "a"))).toBe(true);
    expect(passes({ missing: ["x"] }, record("/buckets", "a"))).toBe(false);
    expect(() => passes({ eventName: [{ numeric: [">", 1] }] }, record("/buckets", "a"))).toThrow("'numeric'");
  });
});
