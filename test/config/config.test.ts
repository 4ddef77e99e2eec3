import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { type Overrides, readOverrides } from "../../config/environment.ts";
import { UserError } from "../../config/user-error.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { search } from "../../plugins/search/index.ts";

const MAIL = { from: "store@example.org", recipients: ["ops@example.org"] };

/** The lines of the error that a function throws; none if it throws none. */
const catchIssues = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};
const readIssues = (config: unknown, overrides?: Overrides) => catchIssues(() => readConfig(config, overrides));
const readEmailIssues = (options: object) => readIssues({ plugins: [email({ ...MAIL, ...options } as never)] });

describe("readConfig", () => {
  it("uses the defaults of the protocol for an empty config", () => {
    const config = readConfig({ plugins: [] });

    const { settings, resources, ...others } = config;
    expect(others).toEqual({
      useridHmacSecret: undefined,
      defaultBucketHmacSecret: undefined,
      pluginVariables: new Map(),
      plugins: [],
      standalone: [],
      redriveOnDeploy: true,
      localMail: "catch",
      observability: { metrics: true, tracing: false },
      deploy: {
        exposed: false,
        requestsPerSecond: 50,
        requestBurst: 100,
        apiMemoryMb: 1024,
        searchMemoryMb: 1024,
        dispatchMemoryMb: 512,
        workerMemoryMb: 512,
        workerConcurrency: 10,
        logRetentionDays: 30,
        dashboard: true,
        gradual: false,
      },
    });
    expect(config.settings).toMatchObject({
      storageMaxFetchSize: 10_000,
      batchMaxRequests: 25,
      readonly: false,
      retryAfterSeconds: 3,
      projectName: "kintoun",
      corsOrigins: ["*"],
      bucketCreatePrincipals: ["system.Authenticated"],
      recordReadPrincipals: [],
      recordIdGenerator: "uuid",
      bucketIdGenerator: "name",
      objectRecordDeleteEnabled: true,
      places: new Map(),
      placeVariables: new Map(),
    });
    for (const name of ["paginateBy", "backoff", "eos", "recordCacheExpiresSeconds"] as const)
      expect(config.settings[name]).toBeUndefined();
  });

  it("keeps the order of plugins", () => {
    const { plugins } = readConfig({ plugins: [search(), basicauth(), email(MAIL)] });

    expect(plugins.map(({ name }) => name)).toEqual(["search", "basicauth", "email"]);
    expect(plugins[2]?.needs).toMatchObject({ mail: { kind: "mail", via: "ses", from: MAIL.from, plugin: "email" } });
  });

  it.each([undefined, null, "basicauth", 7])("rejects the export %p", (exported) => {
    expect(readIssues(exported)).toEqual([
      "kintoun.config.ts must export defineConfig({ plugins: [...] }) as its default.",
    ]);
  });

  it("rejects unknown keys with suggestions", () => {
    expect(readIssues({ plugin: [] })).toEqual([
      "kintoun.config.ts: plugin is not a known field. Did you mean 'plugins'?",
      "kintoun.config.ts: plugins must be a list, for example [basicauth()].",
    ]);
    expect(readIssues({ plugins: [], settings: { paginate_by: 1 } })).toEqual([
      "settings.paginate_by is not a setting. Did you mean 'paginateBy'?",
    ]);
    expect(readIssues({ plugins: [], settings: { colour: 1 } })).toEqual([
      "settings.colour is not a setting. See docs/operations/settings.md.",
    ]);
  });

  it.each([null, "x", 3, []])("rejects settings %p", (settings) => {
    expect(readIssues({ plugins: [], settings })).toEqual(["kintoun.config.ts: settings must be an object."]);
  });

  it.each([
    [null, "observability must be an object, for example { metrics: false, tracing: true }."],
    ["all", "observability must be an object, for example { metrics: false, tracing: true }."],
    [{ metric: false }, "observability.metric is not a known field. Did you mean 'metrics'?"],
    [{ metrics: "false" }, "observability.metrics must be true or false."],
    [{ tracing: 1 }, "observability.tracing must be true or false."],
  ])("rejects observability %j", (observability, issue) => {
    expect(readIssues({ plugins: [], observability })).toEqual([`kintoun.config.ts: ${issue}`]);
  });

  it("applies observability, overridden by the environment", () => {
    const config = { plugins: [], observability: { metrics: false, tracing: true } };
    expect(readConfig(config).observability).toEqual({ metrics: false, tracing: true });
    expect(readConfig(config, readOverrides({ KINTOUN_METRICS: "yes", KINTOUN_TRACING: "off" })).observability).toEqual(
      { metrics: true, tracing: false },
    );
    expect(catchIssues(() => readOverrides({ KINTOUN_TRACING: "perhaps" }))).toEqual([
      "The variable KINTOUN_TRACING must be true or false.",
    ]);
  });

  it.each([
    [null, "deploy must be an object, for example { requestsPerSecond: 50 }."],
    [[], "deploy must be an object, for example { requestsPerSecond: 50 }."],
    [{ expose: true }, "deploy.expose is not a known field. Did you mean 'exposed'?"],
    [{ exposed: "yes" }, "deploy.exposed: "],
    [{ requestsPerSecond: 0 }, "deploy.requestsPerSecond: "],
    [{ requestBurst: 5001 }, "deploy.requestBurst: "],
    [{ apiMemoryMb: 127 }, "deploy.apiMemoryMb: "],
    [{ workerMemoryMb: 512.5 }, "deploy.workerMemoryMb: "],
    [{ workerConcurrency: 1 }, "deploy.workerConcurrency: "],
    [{ apiReservedConcurrency: 0 }, "deploy.apiReservedConcurrency: "],
    [{ table: "no table" }, "deploy.table: is not the name of a table"],
  ])("rejects deploy %j", (deploy, issue) => {
    expect(readIssues({ plugins: [], deploy })).toEqual([expect.stringContaining(`kintoun.config.ts: ${issue}`)]);
  });

  it("applies deploy, overridden by the environment", () => {
    const config = { plugins: [], deploy: { requestBurst: 7, apiMemoryMb: 2048 } };
    const variables = {
      KINTOUN_DEPLOY_EXPOSED: "True",
      KINTOUN_DEPLOY_REQUESTS_PER_SECOND: "2.5",
      KINTOUN_DEPLOY_API_MEMORY_MB: "1769",
      KINTOUN_DEPLOY_TABLE: "1234",
    };

    expect(readConfig(config, readOverrides(variables)).deploy).toMatchObject({
      exposed: true,
      requestsPerSecond: 2.5,
      requestBurst: 7,
      apiMemoryMb: 1769,
      table: "1234",
    });
    expect(
      readIssues(config, readOverrides({ KINTOUN_DEPLOY_EXPOSED: "perhaps", KINTOUN_DEPLOY_REQUEST_BURST: "many" })),
    ).toEqual([
      expect.stringMatching(/^The variable KINTOUN_DEPLOY_EXPOSED: .*boolean/),
      expect.stringMatching(/^The variable KINTOUN_DEPLOY_REQUEST_BURST: .*number/),
    ]);
  });

  it("has plugins of `local` on a laptop, and in AWS only if KINTOUN_PLUGINS names them", () => {
    const config = { plugins: [search()], local: [basicauth()], optional: [flush()], standalone: ["search-index"] };
    const namesOf = (variables: Record<string, string>, isDeployed: boolean) =>
      readConfig(config, readOverrides(variables), { isDeployed }).plugins.map(({ name }) => name);

    expect(namesOf({}, false)).toEqual(["search", "basicauth"]);
    expect(namesOf({}, true)).toEqual(["search"]);
    for (const isDeployed of [false, true])
      expect(namesOf({ KINTOUN_PLUGINS: "basicauth,flush" }, isDeployed)).toEqual(["basicauth", "flush"]);
    expect(readIssues({ plugins: [], local: basicauth() })).toEqual([
      "kintoun.config.ts: local must be a list of plugins, for example [basicauth()].",
    ]);
    expect(readIssues({ plugins: [], local: [basicauth(), basicauth()] })).toEqual([
      expect.stringMatching(/^local\[1\]: there is another plugin named 'basicauth' before it\./),
    ]);
  });

  it("has the plugin of `local` instead of the one with its name on a laptop", () => {
    const config = {
      plugins: [search({ logLevel: "ERROR" }), basicauth()],
      local: [search({ logLevel: "DEBUG" })],
    };
    const levelsOf = (variables: Record<string, string>, isDeployed: boolean) =>
      readConfig(config, readOverrides(variables), { isDeployed }).plugins.map(({ name, logLevel }) => [
        name,
        logLevel,
      ]);

    expect(levelsOf({}, false)).toEqual([
      ["search", "DEBUG"],
      ["basicauth", undefined],
    ]);
    expect(levelsOf({}, true)).toEqual([
      ["search", "ERROR"],
      ["basicauth", undefined],
    ]);
    expect(levelsOf({ KINTOUN_PLUGINS: "search" }, false)).toEqual([["search", "DEBUG"]]);
    expect(levelsOf({ KINTOUN_PLUGINS: "search" }, true)).toEqual([["search", "ERROR"]]);
  });

  it("may name standalone queues of `local` plugins", () => {
    const config = { plugins: [], local: [search()], standalone: ["search-index"] };

    expect(readConfig(config).standalone).toEqual(["search-index"]);
    expect(readConfig(config, {}, { isDeployed: true }).standalone).toEqual(["search-index"]);
    expect(readIssues({ ...config, standalone: ["serch-index"] })).toHaveLength(1);
  });

  it.each([
    [{ paginateBy: 0 }, "settings.paginateBy: "],
    [{ paginateBy: "10" }, "settings.paginateBy: "],
    [{ paginateBy: 1.5 }, "settings.paginateBy: "],
    [{ storageMaxFetchSize: 10_001 }, "settings.storageMaxFetchSize: "],
    [{ storageMaxFetchSize: null }, "settings.storageMaxFetchSize: "],
    [{ bucketCreatePrincipals: "system.Everyone" }, "settings.bucketCreatePrincipals: "],
    [{ bucketCreatePrincipals: [1] }, "settings.bucketCreatePrincipals.0: "],
    [{ batchMaxRequests: 101 }, "settings.batchMaxRequests: "],
    [{ readonly: "false" }, "settings.readonly: "],
    [{ backoffPercentage: 101 }, "settings.backoffPercentage: "],
    [{ eos: "tomorrow" }, "settings.eos: is not an ISO date"],
    [{ eos: "2030-02-30" }, "settings.eos: is not an ISO date"],
    [{ httpScheme: "gopher" }, "settings.httpScheme: "],
    [{ httpHost: "https://store.example.org" }, "settings.httpHost: is not a host"],
    [{ trailingSlashRedirectTtlSeconds: -2 }, "settings.trailingSlashRedirectTtlSeconds: "],
    [{ heartbeatTimeoutSeconds: 0 }, "settings.heartbeatTimeoutSeconds: "],
    [{ recordIdGenerator: "uuid4" }, "settings.recordIdGenerator: "],
    [{ objectRecordDeleteEnabled: 0 }, "settings.objectRecordDeleteEnabled: "],
    [{ places: { blog: { recordCacheExpiresSeconds: -1 } } }, "settings.places.blog.recordCacheExpiresSeconds: "],
    [
      { places: { "blog.articles": { groupReadPrincipals: [] } } },
      "settings.places.blog.articles.groupReadPrincipals: applies to buckets only",
    ],
    [{ places: { "a.b.c": {} } }, "settings.places.a.b.c: is neither a bucket id"],
    [{ places: { "/buckets/blog": {} } }, "settings.places./buckets/blog: is neither a bucket id"],
  ])("rejects settings with wrong values: %j", (settings, start) => {
    expect(readIssues({ plugins: [], settings })).toEqual([expect.stringMatching(new RegExp(`^${start}.+\\.$`))]);
  });

  it.each(["2030-01-31", "2030-01-31T12:00:00Z", "2030-01-31T12:00:00", "2030-01-31T12:00:00.5+02:00"])(
    "accepts the end of service %s",
    (eos) => {
      expect(readConfig({ plugins: [], settings: { eos } }).settings.eos).toBe(eos);
    },
  );

  it("rejects unknown settings of a place with suggestions", () => {
    expect(
      readIssues({ plugins: [], settings: { places: { blog: { recordCacheExpireSeconds: 1, paginateBy: 3 } } } }),
    ).toEqual([
      "settings.places.blog.recordCacheExpireSeconds is not a setting. Did you mean 'recordCacheExpiresSeconds'?",
      "settings.places.blog.paginateBy is not a setting. See docs/operations/settings.md.",
    ]);
  });

  it("reports all issues at once", () => {
    expect(
      readIssues(
        { plugins: [basicauth, email({ ...MAIL, from: "no-address" })], settings: { paginateBy: 0 } },
        { plugins: ["sreach"] },
      ),
    ).toEqual([
      expect.stringMatching(/^settings\.paginateBy: /),
      expect.stringMatching(/^plugins\[0\] is not a plugin\./),
      expect.stringMatching(/^KINTOUN_PLUGINS: kintoun\.config\.ts has no plugin 'sreach'/),
    ]);
  });
});

describe("readConfig with plugins", () => {
  it.each([null, undefined, {}, "basicauth", 7, { name: "x" }, { read: () => ({}) }, { name: 5, read: () => ({}) }])(
    "rejects a value that is not a plugin: %p",
    (value) => {
      expect(readIssues({ plugins: [basicauth(), value] })).toEqual(["plugins[1] is not a plugin."]);
    },
  );

  it("rejects a plugin that is not called", () => {
    expect(readIssues({ plugins: [basicauth] })).toEqual([
      "plugins[0] is not a plugin. Call it with its options, for example basicauth().",
    ]);
  });

  it("rejects two plugins with one name", () => {
    expect(readIssues({ plugins: [search(), basicauth(), search()] })).toEqual([
      "plugins[2]: there is another plugin named 'search' before it. Remove one of them, or add the option name, for example name: \"search-2\".",
    ]);
  });

  it.each(["", "Upper", "1st", "a_b", "x".repeat(32), "näme", "a\n"])("rejects the plugin name %j", (name) => {
    expect(readIssues({ plugins: [definePlugin({ name, about: "Has a bad name." })()] })).toEqual([
      expect.stringMatching(/^plugins\[0\]: '[\s\S]*' is not a valid plugin name/),
    ]);
  });

  it("rejects misspelled options with path and suggestion", () => {
    expect(readEmailIssues({ recipient: [] })).toEqual([
      "plugins: email.recipient is not an option. Did you mean 'recipients'?",
    ]);
    expect(readEmailIssues({ via: { hots: "smtp.example.org", host: "smtp.example.org" } })).toEqual([
      "plugins: email.via.hots is not an option. Did you mean 'host'?",
    ]);
    expect(readIssues({ plugins: [search({ bucket: ["b"] } as never)] })).toEqual([
      "plugins: search.bucket is not an option. Did you mean 'buckets'?",
    ]);
  });

  it("rejects misspelled options in nested objects and lists", () => {
    const rule = z.strictObject({ collection: z.string(), to: z.string() });
    const server = z.strictObject({ host: z.string(), port: z.int().default(25) });
    const schema = z.strictObject({
      server,
      rules: z.array(rule),
      named: z.record(z.string(), rule),
      way: z.union([z.literal("none"), server, rule]).optional(),
    });
    const nested = definePlugin({ name: "nested", about: "Has nested options.", config: schema });
    const rules = [
      { collection: "c", to: "x" },
      { collection: "c", to: "y", colection: "c" },
    ];
    const options = {
      server: { host: "h", prot: 1 },
      rules,
      named: { any: { collection: "c", to: "x", too: "y" } },
      way: { collection: "c", to: "x", form: "y" },
    };

    expect(readIssues({ plugins: [nested(options as never)] })).toEqual([
      "plugins: nested.server.prot is not an option. Did you mean 'port'?",
      "plugins: nested.rules[1].colection is not an option. Did you mean 'collection'?",
      "plugins: nested.named.any.too is not an option. Did you mean 'to'?",
      "plugins: nested.way.form is not an option. There are: collection, to.",
    ]);
  });

  it.each([
    [{ from: "no-address" }, "email.from"],
    [{ recipients: [] }, "email.recipients"],
    [{ recipients: ["ops@example.org", "no-address"] }, "email.recipients.1"],
    [{ recipients: "ops@example.org" }, "email.recipients"],
    [{ subject: 5 }, "email.subject"],
    [{ collections: ["a", 1] }, "email.collections.1"],
    [{ via: "sendmail" }, "email.via"],
    [{ via: { host: "h", port: 0 } }, "email.via"],
  ])("rejects options of the wrong type with their path: %j", (options, path) => {
    expect(readEmailIssues(options)).toEqual([
      expect.stringMatching(new RegExp(`^plugins: ${path.replaceAll(".", "\\.")}.*: .+\\.$`)),
    ]);
  });

  it("rejects mail addresses with line breaks, commas or spaces", () => {
    for (const address of ["a@example.org\r\nBcc: x@example.org", "a@example.org, b@example.org", "a b@example.org"]) {
      expect(readEmailIssues({ recipients: [address] })).toHaveLength(1);
      expect(readEmailIssues({ from: address })).toHaveLength(1);
    }
  });

  it("rejects missing options", () => {
    expect(readIssues({ plugins: [(email as () => never)()] })).toEqual([
      expect.stringMatching(/^plugins: email: .+\.$/),
    ]);
  });

  it("rejects asynchronous schemas", () => {
    const slow = definePlugin({
      name: "slow",
      about: "Validates its options asynchronously.",
      config: z.string().refine(async () => true),
    });
    expect(() => readConfig({ plugins: [slow("x")] })).toThrow("The options of the plugin 'slow' cannot be checked");
  });
});

describe("readConfig with environment overrides", () => {
  const config = {
    plugins: [basicauth(), search(), email(MAIL)],
    settings: { paginateBy: 5, bucketCreatePrincipals: ["system.Everyone"] },
  };
  const withVariables = (variables: Record<string, string>) => readConfig(config, readOverrides(variables));

  it("overrides the config", () => {
    const { settings, useridHmacSecret, defaultBucketHmacSecret, plugins } = withVariables({
      KINTOUN_PLUGINS: "email, basicauth",
      KINTOUN_PAGINATE_BY: "7",
      KINTOUN_STORAGE_MAX_FETCH_SIZE: "70",
      KINTOUN_BUCKET_CREATE_PRINCIPALS: "basicauth:x basicauth:y",
      KINTOUN_USERID_HMAC_SECRET: "s3cret",
      KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: "s4cret",
    });

    expect(settings).toMatchObject({
      paginateBy: 7,
      storageMaxFetchSize: 70,
      bucketCreatePrincipals: ["basicauth:x", "basicauth:y"],
    });
    expect([useridHmacSecret, defaultBucketHmacSecret]).toEqual(["s3cret", "s4cret"]);
    expect(plugins.map(({ name }) => name)).toEqual(["basicauth", "email"]);
  });

  it("keeps settings that are not overridden", () => {
    const { settings, plugins, useridHmacSecret } = withVariables({ PATH: "/bin", KINTOUN_TABLE: "t" });

    expect(settings).toMatchObject({
      paginateBy: 5,
      storageMaxFetchSize: 10_000,
      bucketCreatePrincipals: ["system.Everyone"],
    });
    expect(plugins).toHaveLength(3);
    expect(useridHmacSecret).toBeUndefined();
  });

  it("accepts empty lists and empty secrets", () => {
    const { plugins, settings, useridHmacSecret } = withVariables({
      KINTOUN_PLUGINS: "",
      KINTOUN_BUCKET_CREATE_PRINCIPALS: " ",
      KINTOUN_USERID_HMAC_SECRET: "",
    });

    expect([plugins, settings.bucketCreatePrincipals, useridHmacSecret]).toEqual([[], [], ""]);
  });

  it("ignores options of plugins that are left out", () => {
    const broken = { plugins: [basicauth(), email({ ...MAIL, from: "no-address" })] };
    expect(readIssues(broken, { plugins: ["basicauth"] })).toEqual([]);
    expect(readIssues(broken)).toHaveLength(1);
  });

  it("rejects unknown plugins", () => {
    expect(readIssues(config, { plugins: ["serach", "basicauth"] })).toEqual([
      "KINTOUN_PLUGINS: kintoun.config.ts has no plugin 'serach'. Did you mean 'search'?",
    ]);
    expect(readIssues({ plugins: [] }, { plugins: ["search"] })).toEqual([
      "KINTOUN_PLUGINS: kintoun.config.ts has no plugin 'search'. There are: none.",
    ]);
  });

  it("rejects unknown variables", () => {
    expect(catchIssues(() => readOverrides({ KINTOUN_PAGINATEBY: "1" }))).toEqual([
      "The variable KINTOUN_PAGINATEBY is unknown. Did you mean 'KINTOUN_PAGINATE_BY'?",
    ]);
    expect(catchIssues(() => readOverrides({ KINTOUN_: "1", kintoun_paginate_by: "1", KINTO_PLUGINS: "1" }))).toEqual([
      expect.stringMatching(/^The variable KINTOUN_ is unknown/),
    ]);
  });

  it.each(["", "ten", "--1", "1.5", "1e3", " 5", "0x10", "1234567890"])("rejects the number %j", (value) => {
    expect(
      catchIssues(() => readOverrides({ KINTOUN_PAGINATE_BY: value, KINTOUN_STORAGE_MAX_FETCH_SIZE: value })),
    ).toEqual([
      "The variable KINTOUN_PAGINATE_BY is not a whole number.",
      "The variable KINTOUN_STORAGE_MAX_FETCH_SIZE is not a whole number.",
    ]);
  });

  it.each([
    ["KINTOUN_PAGINATE_BY", "0"],
    ["KINTOUN_STORAGE_MAX_FETCH_SIZE", "10001"],
    ["KINTOUN_BATCH_MAX_REQUESTS", "101"],
    ["KINTOUN_HTTP_SCHEME", "gopher"],
    ["KINTOUN_BACKOFF", "-1"],
    ["KINTOUN_RECORD_ID_GENERATOR", "random"],
    ["KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS", "-1"],
  ])("rejects a value that is not allowed: %s=%s", (variable, value) => {
    expect(catchIssues(() => withVariables({ [variable]: value }))).toEqual([
      expect.stringMatching(new RegExp(`^The variable ${variable} has an invalid value: .+\\.$`)),
    ]);
  });

  it.each([
    ["KINTOUN_READONLY", "maybe", "must be true or false"],
    ["KINTOUN_BACKOFF_PERCENTAGE", "many", "is not a number"],
    ["KINTOUN_EOS", "soon", "is not an ISO date such as 2030-01-31 or 2030-01-31T12:00:00Z"],
    ["KINTOUN_HTTP_HOST", "a/b", "is not a host such as store.example.org or localhost:8888"],
  ])("reports what a variable must be: %s=%s", (variable, value, issue) => {
    expect(catchIssues(() => withVariables({ [variable]: value }))).toEqual([`The variable ${variable} ${issue}.`]);
  });
});
