import { describe, expect, it } from "@jest/globals";
import { readOverrides } from "../../config/environment.ts";
import { SETTING_NAMES, settingVariable } from "../../config/settings.ts";

/** For each kind of setting: its names, a valid value of the variable, and the setting read from that value. */
const SAMPLES: readonly (readonly [RegExp, string, unknown])[] = [
  [/^(readonly|explicitPermissions|experimental.*|.*Enabled)$/, "true", true],
  [/Principals$|^corsOrigins$/, "a, b\tc", ["a", "b", "c"]],
  [/IdGenerator$/, "uuid", "uuid"],
  [/^(paginateBy|storageMaxFetchSize|batchMaxRequests|backoff|.*Seconds)$/, "7", 7],
  [/^backoffPercentage$/, "12.5", 12.5],
  [/^eos$/, "2030-01-31", "2030-01-31"],
  [/^httpScheme$/, "https", "https"],
  [/^(httpHost|eosMessage|eosUrl|errorInfoLink|project.*)$/, "store.example.org", "store.example.org"],
  [/^clientAddressHeader$/, "x-viewer-address", "x-viewer-address"],
];

describe("readOverrides", () => {
  it("reads every setting", () => {
    const samples = SETTING_NAMES.map((name) => {
      const [, text, value] = SAMPLES.find(([names]) => names.test(name)) ?? [];
      return [name, text as string, value] as const;
    });
    const overrides = readOverrides(Object.fromEntries(samples.map(([name, text]) => [settingVariable(name), text])));

    expect(overrides.settings).toEqual(Object.fromEntries(samples.map(([name, , value]) => [name, value])));
  });

  it("uses Kinto's names", () => {
    const names = ["paginateBy", "pluralBucketPostEnabled", "trailingSlashRedirectTtlSeconds", "eosUrl"];
    expect(names.map((name) => settingVariable(name))).toEqual([
      "KINTOUN_PAGINATE_BY",
      "KINTOUN_PLURAL_BUCKET_POST_ENABLED",
      "KINTOUN_TRAILING_SLASH_REDIRECT_TTL_SECONDS",
      "KINTOUN_EOS_URL",
    ]);
  });

  it.each([
    ["T", true],
    ["Yes", true],
    ["on", true],
    ["1", true],
    ["FALSE", false],
    ["n", false],
    ["off", false],
    ["0", false],
  ])("accepts Kinto's boolean %s", (text, value) => {
    expect(readOverrides({ KINTOUN_READONLY: text }).settings).toEqual({ readonly: value });
  });

  it("accepts settings of a bucket or a collection", () => {
    const variables = {
      KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "30",
      KINTOUN_BLOG_ARTICLES_RECORD_CACHE_EXPIRES_SECONDS: "3600",
      KINTOUN_BLOG_ARTICLES_RECORD_READ_PRINCIPALS: "system.Everyone",
    };
    const overrides = readOverrides(variables);

    expect(overrides.placeVariables).toEqual(
      new Map([
        ["BLOG", { recordCacheExpiresSeconds: 30 }],
        ["BLOG_ARTICLES", { recordCacheExpiresSeconds: 3600, recordReadPrincipals: ["system.Everyone"] }],
      ]),
    );
  });

  it.each([
    "KINTOUN__RECORD_CACHE_EXPIRES_SECONDS",
    "KINTOUN_blog_RECORD_CACHE_EXPIRES_SECONDS",
    "KINTOUN_BLOG_PAGINATE_BY",
    "KINTOUN_PLACES",
  ])("rejects a variable without a valid bucket or collection: %s", (variable) => {
    expect(() => readOverrides({ [variable]: "1" })).toThrow(`The variable ${variable} is unknown.`);
  });

  it("names the variable of the log level", () => {
    expect(() => readOverrides({ KINTOUN_LOG_LEVEL: "DEBUG" })).toThrow(
      "The variable KINTOUN_LOG_LEVEL is unknown. The log level is in POWERTOOLS_LOG_LEVEL, for example POWERTOOLS_LOG_LEVEL=DEBUG.",
    );
  });
});
