import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import type { ProtocolSettings } from "../../core/settings.ts";
import { scopedSetting } from "../../core/settings.ts";

const settingsOf = (settings: ProtocolSettings, variables: Record<string, string> = {}) =>
  readConfig({ plugins: [], settings }, readOverrides(variables)).settings;

describe("scopedSetting", () => {
  const places = {
    blog: { recordCacheExpiresSeconds: 30, recordReadPrincipals: [] },
    "blog.articles": { recordCacheExpiresSeconds: 0 },
  };
  const settings = settingsOf({ recordCacheExpiresSeconds: 5, recordReadPrincipals: ["system.Everyone"], places });

  it("prefers the collection's value, then the bucket's, then the global one", () => {
    expect(scopedSetting(settings, "recordCacheExpiresSeconds", "blog", "articles")).toBe(0);
    expect(scopedSetting(settings, "recordCacheExpiresSeconds", "blog", "drafts")).toBe(30);
    expect(scopedSetting(settings, "recordCacheExpiresSeconds", "blog")).toBe(30);
    expect(scopedSetting(settings, "recordCacheExpiresSeconds", "Blog", "articles")).toBe(5);
    expect(scopedSetting(settings, "recordCacheExpiresSeconds")).toBe(5);
    expect(scopedSetting(settings, "recordReadPrincipals", "blog", "articles")).toEqual([]);
    expect(scopedSetting(settings, "recordReadPrincipals", "other", "articles")).toEqual(["system.Everyone"]);
    expect(scopedSetting(settings, "groupCacheExpiresSeconds", "blog")).toBeUndefined();
  });

  it.each(["constructor", "toString", "hasOwnProperty"])("is not inherited by a bucket named %s", (bucket) => {
    expect(scopedSetting(settings, "recordCacheExpiresSeconds", bucket, bucket)).toBe(5);
  });

  it("prefers a variable to the configuration, for every bucket and collection that it matches", () => {
    const spelled = settingsOf(
      { places },
      { KINTOUN_BLOG_ARTICLES_RECORD_CACHE_EXPIRES_SECONDS: "60", KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "90" },
    );
    const read = (bucket: string, collection?: string) =>
      scopedSetting(spelled, "recordCacheExpiresSeconds", bucket, collection);

    expect([
      read("blog", "articles"),
      read("Blog", "ARTICLES"),
      read("blog-articles", "any"),
      read("blog_articles"),
    ]).toEqual([60, 60, 60, 60]);
    expect([read("blog", "drafts"), read("BLOG"), read("blogs")]).toEqual([90, 90, undefined]);
  });

  it("prefers a collection's configured value to a bucket's variable", () => {
    const spelled = settingsOf({ places }, { KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "90" });

    expect(scopedSetting(spelled, "recordCacheExpiresSeconds", "blog", "articles")).toBe(0);
  });
});
