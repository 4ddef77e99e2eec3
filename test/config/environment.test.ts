import { describe, expect, it } from "@jest/globals";
import {
  readOverrides,
  readStoreLocation,
  toLocationVariables,
  toOverrideVariables,
} from "../../config/environment.ts";
import { SETTING_NAMES, settingVariable } from "../../config/settings.ts";
import { UserError } from "../../config/user-error.ts";
import fc from "../fast-check.ts";

const STORE = "https://sqs.eu-central-1.amazonaws.com/123456789012/Kintoun-";
const location = fc.record(
  { table: fc.string({ minLength: 1 }), queues: fc.constant(STORE), listener: fc.string() },
  { requiredKeys: ["table", "queues"] },
);

describe("readStoreLocation", () => {
  it("reads what toLocationVariables wrote", () => {
    fc.assert(
      fc.property(location, ({ queues, ...rest }) => {
        expect(readStoreLocation(toLocationVariables({ ...rest, queues }), [])).toEqual({
          listener: undefined,
          ...rest,
          queues: {},
        });
      }),
    );
  });

  it("returns the hosts of search domains by name", () => {
    const searchEndpoints = {
      books: "search-books-a1.eu-central-1.es.amazonaws.com",
      films: "search-films-b2.example",
    };
    const variables = toLocationVariables({ table: "t", queues: STORE, searchEndpoints });

    expect(readStoreLocation(variables, []).searchEndpoints).toEqual(searchEndpoints);
    expect(toLocationVariables({ table: "t", queues: STORE, searchEndpoints: {} })).toEqual(
      toLocationVariables({ table: "t", queues: STORE }),
    );
  });

  it("returns the URLs of work queues and of the function's own dead-letter queue by name", () => {
    const queues = [
      { name: "email-notify", ordered: false },
      { name: "audit-all", ordered: true },
    ];
    const queuesOf = (own: { listener?: string; deadLetters?: string }) =>
      readStoreLocation(toLocationVariables({ table: "t", queues: STORE, ...own }), queues).queues;
    const work = { "email-notify": `${STORE}email-notify`, "audit-all": `${STORE}audit-all.fifo` };
    const deadLetters = "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-Dead1-A2B3";

    expect(queuesOf({})).toEqual(work);
    expect(queuesOf({ listener: "audit-all", deadLetters })).toEqual({ ...work, "audit-all-dead": deadLetters });
    expect(queuesOf({ deadLetters })).toEqual({ ...work, "dispatch-failures": deadLetters });
  });

  it("uses variables that readOverrides ignores", () => {
    expect(readOverrides(toLocationVariables({ table: "t", queues: STORE, listener: "l" }))).toEqual(readOverrides({}));
  });

  it("ignores other variables", () => {
    const variables = { ...toLocationVariables({ table: "t", queues: STORE }), PATH: "/bin", KINTOUN_PAGINATE_BY: "5" };
    expect(readStoreLocation(variables, [])).toMatchObject({ table: "t", listener: undefined });
  });

  it.each([
    [{}, ["KINTOUN_TABLE", "KINTOUN_QUEUES"]],
    [{ KINTOUN_TABLE: "", KINTOUN_QUEUES: STORE }, ["KINTOUN_TABLE"]],
    [{ KINTOUN_TABLE: "t", KINTOUN_QUEUES: "" }, ["KINTOUN_QUEUES"]],
  ])("rejects missing or empty variables by name: %j", (variables, names) => {
    let thrown: unknown;
    try {
      readStoreLocation(variables, []);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).lines).toEqual(
      names.map((name) => expect.stringContaining(`The variable ${name} is not valid: `)),
    );
  });
});

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
];

describe("readOverrides and toOverrideVariables", () => {
  it("are inverse for every setting", () => {
    const samples = SETTING_NAMES.map((name) => {
      const [, text, value] = SAMPLES.find(([names]) => names.test(name)) ?? [];
      return [name, text as string, value] as const;
    });
    const overrides = readOverrides(Object.fromEntries(samples.map(([name, text]) => [settingVariable(name), text])));

    expect(overrides.settings).toEqual(Object.fromEntries(samples.map(([name, , value]) => [name, value])));
    expect(readOverrides(toOverrideVariables(overrides))).toEqual(overrides);
  });

  it("use Kinto's names", () => {
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
  ])("accept Kinto's boolean %s", (text, value) => {
    expect(readOverrides({ KINTOUN_READONLY: text }).settings).toEqual({ readonly: value });
  });

  it("accept settings of a bucket or a collection", () => {
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
    expect(toOverrideVariables(overrides)).toEqual(variables);
  });

  it.each([
    "KINTOUN__RECORD_CACHE_EXPIRES_SECONDS",
    "KINTOUN_blog_RECORD_CACHE_EXPIRES_SECONDS",
    "KINTOUN_BLOG_PAGINATE_BY",
    "KINTOUN_PLACES",
  ])("reject a variable without a valid bucket or collection: %s", (variable) => {
    expect(() => readOverrides({ [variable]: "1" })).toThrow(`The variable ${variable} is unknown.`);
  });

  it("names the variable of the log level", () => {
    expect(() => readOverrides({ KINTOUN_LOG_LEVEL: "DEBUG" })).toThrow(
      "The variable KINTOUN_LOG_LEVEL is unknown. The log level is in POWERTOOLS_LOG_LEVEL, for example POWERTOOLS_LOG_LEVEL=DEBUG.",
    );
  });
});
