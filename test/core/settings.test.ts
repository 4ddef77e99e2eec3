import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import type { ProtocolSettings } from "../../core/settings.ts";
import { placeSetting } from "../../core/settings.ts";

const settingsOf = (settings: ProtocolSettings, variables: Record<string, string> = {}) =>
  readConfig({ plugins: [], settings }, readOverrides(variables)).settings;

describe("a setting of a place", () => {
  const places = {
    blog: { recordCacheExpiresSeconds: 30, recordReadPrincipals: [] },
    "blog.articles": { recordCacheExpiresSeconds: 0 },
  };
  const settings = settingsOf({ recordCacheExpiresSeconds: 5, recordReadPrincipals: ["system.Everyone"], places });

  it("is the collection's, or else the bucket's, or else that of all", () => {
    expect(placeSetting(settings, "recordCacheExpiresSeconds", "blog", "articles")).toBe(0);
    expect(placeSetting(settings, "recordCacheExpiresSeconds", "blog", "drafts")).toBe(30);
    expect(placeSetting(settings, "recordCacheExpiresSeconds", "blog")).toBe(30);
    expect(placeSetting(settings, "recordCacheExpiresSeconds", "Blog", "articles")).toBe(5);
    expect(placeSetting(settings, "recordCacheExpiresSeconds")).toBe(5);
    expect(placeSetting(settings, "recordReadPrincipals", "blog", "articles")).toEqual([]);
    expect(placeSetting(settings, "recordReadPrincipals", "other", "articles")).toEqual(["system.Everyone"]);
    expect(placeSetting(settings, "groupCacheExpiresSeconds", "blog")).toBeUndefined();
  });

  it.each(["constructor", "toString", "hasOwnProperty"])("is not inherited by a bucket named %s", (bucket) => {
    expect(placeSetting(settings, "recordCacheExpiresSeconds", bucket, bucket)).toBe(5);
  });

  it("may come from a variable, for every place that it spells, and wins over the config there", () => {
    const spelled = settingsOf(
      { places },
      { KINTOUN_BLOG_ARTICLES_RECORD_CACHE_EXPIRES_SECONDS: "60", KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "90" },
    );
    const read = (bucket: string, collection?: string) =>
      placeSetting(spelled, "recordCacheExpiresSeconds", bucket, collection);

    expect([
      read("blog", "articles"),
      read("Blog", "ARTICLES"),
      read("blog-articles", "any"),
      read("blog_articles"),
    ]).toEqual([60, 60, 60, 60]);
    expect([read("blog", "drafts"), read("BLOG"), read("blogs")]).toEqual([90, 90, undefined]);
  });

  it("from a variable that spells a bucket does not hide what the config says of its collection", () => {
    const spelled = settingsOf({ places }, { KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "90" });

    expect(placeSetting(spelled, "recordCacheExpiresSeconds", "blog", "articles")).toBe(0);
  });
});
