import { describe, expect, it } from "@jest/globals";
import { importIni } from "../../cli/commands/config/import.ts";

const convert = (...lines: string[]) => importIni(["[app:main]", ...lines, ""].join("\n"), "/kinto.ini");
const calls = (config: string) =>
  config
    .split("\n")
    .filter((line) => /^ {4}\w+\(/.test(line))
    .map((line) => line.trim());
const textsOf = ({ findings }: ReturnType<typeof convert>, part: string) =>
  findings.map(({ severity, text }) => `${severity} ${text}`).filter((text) => text.includes(part));

describe("config import", () => {
  it("converts quotas of all, of one bucket and of collections", () => {
    const converted = convert(
      "kinto.includes = kinto.plugins.quotas",
      "kinto.quotas.bucket_max_bytes = 1000",
      "kinto.quotas.bucket_my_blog_max_items = 7",
      "kinto.quotas.collection_max_bytes_per_item = 50",
      "kinto.quotas.collection_blog_posts_max_items = 9",
      "kinto.quotas.collection_blog_max_bytes = many",
      "kinto.quotas.other = 1",
    );

    expect(converted.config).toContain('import { quotas } from "./plugins/quotas/index.ts";');
    expect(calls(converted.config)).toEqual([
      "quotas({ bucket: { maxBytes: 1000 }, buckets: { my_blog: { maxItems: 7 } }, collection: { maxBytesPerItem: 50 }, " +
        'collections: { blog_posts: { maxItems: 9 }, "blog/posts": { maxItems: 9 } } }),',
    ]);
    expect(textsOf(converted, "blog_max_bytes")).toEqual([
      expect.stringContaining("lost kinto.quotas.collection_blog_max_bytes"),
    ]);
    expect(textsOf(converted, "quotas.other")).toHaveLength(1);
    expect(textsOf(converted, "bucket_max_bytes")).toEqual([]);
  });

  it("converts the settings of histories", () => {
    const converted = convert(
      "kinto.includes = kinto.plugins.history",
      "kinto.history.exclude_resources = /buckets/preview",
      "    /buckets/signed/collections/certificates",
      "kinto.history.exclude_user_ids = account:robot",
      "kinto.history.auto_trim_max_count = 100",
      "kinto.history.auto_trim_user_ids = account:robot",
    );

    expect(calls(converted.config)).toEqual([
      'history({ excludeResources: ["/buckets/preview", "/buckets/signed/collections/certificates"], excludeUserIds: ["account:robot"], maxCount: 100 }),',
    ]);
    expect(textsOf(converted, "auto_trim_max_count")).toEqual([expect.stringContaining("together: raise maxCount")]);
    expect(textsOf(converted, "auto_trim_user_ids")).toEqual([expect.stringContaining("no counterpart in history()")]);
    expect(calls(convert("kinto.includes = kinto.plugins.history").config)).toEqual(["history(),"]);
  });

  it("converts counters, kinto-changes and the deletion of user data", () => {
    const converted = convert(
      "kinto.includes = kinto.plugins.counters kinto_changes",
      "kinto.http_host = example.org",
      "kinto.changes.resources = /buckets/a /buckets/b/collections/c",
      "kinto.changes.since_max_age_days = -1",
      "kinto.monitor.changes.record_cache_expires_seconds = 60",
      "kinto.user-data_delete_principals = basicauth:abc",
    );

    expect(calls(converted.config)).toEqual([
      "counters(),",
      'changes({ resources: ["/buckets/a", "/buckets/b/collections/c"], host: "example.org", maxSinceDays: 0, cacheSeconds: 60 }),',
      'userData({ deletePrincipals: ["basicauth:abc"] }),',
    ]);
    expect(converted.config).not.toContain("places");
    expect(textsOf(converted, "user-data")).toEqual([]);
  });

  it("leaves out kinto-changes without resources", () => {
    const converted = convert("kinto.includes = kinto_changes");
    expect(calls(converted.config)).toEqual([]);
    expect(textsOf(converted, "kinto_changes")).toEqual([expect.stringMatching(/^lost .*changes.resources is empty/)]);
  });

  it("converts the settings of kinto-attachment", () => {
    const converted = convert(
      "kinto.includes = kinto_attachment",
      "kinto.attachment.base_url = https://cdn.example.org/files",
      "kinto.attachment.folder = {bucket_id}/{collection_id}/",
      "kinto.attachment.extensions = images pdf",
      "kinto.attachment.keep_old_files = true",
      "kinto.attachment.mimetypes = .ftl:application/vnd.fluent",
      "kinto.attachment.max_size_bytes = many",
      "kinto.attachment.resources.blog.covers.randomize = false",
      "kinto.attachment.resources.blog.keep_old_files = false",
      "kinto.attachment.resources.blog.covers.color = red",
      "kinto.attachment.aws.bucket_name = files",
      "kinto.attachment.aws.secret_key = hush-hush",
    );

    expect(calls(converted.config)).toEqual([
      'attachments({ baseUrl: "https://cdn.example.org/files/", folder: "{bucket_id}/{collection_id}", extensions: "images+pdf", ' +
        'keepOldFiles: true, mimetypes: { ".ftl": "application/vnd.fluent" }, ' +
        'resources: { "blog/covers": { randomize: false }, blog: { keepOldFiles: false } } }),',
    ]);
    expect(JSON.stringify(converted)).not.toContain("hush-hush");
    expect(textsOf(converted, "base_url")).toEqual([expect.stringMatching(/^action .*public-files/)]);
    expect(textsOf(converted, "max_size_bytes")).toEqual([expect.stringMatching(/^lost .*not valid/)]);
    expect(textsOf(converted, "color")).toEqual([expect.stringMatching(/^lost .*no counterpart/)]);
    expect(textsOf(converted, "aws.bucket_name")).toEqual([expect.stringMatching(/^info .*not applicable/)]);
    expect(calls(convert("kinto.includes = kinto-attachment").config)).toEqual(["attachments(),"]);
  });
});
