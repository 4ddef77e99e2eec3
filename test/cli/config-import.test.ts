import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { importIni } from "../../cli/commands/config/import.ts";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";
import { KINTO_SETTINGS } from "./kinto-settings.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintoun-"));
});
afterAll(() => rm(folder, { recursive: true }));

const importText = (text: string) => importIni(text, "/etc/kinto.ini");
const ofKeys = (lines: string) => importText(`[app:main]\n${lines}`);

/** Loads a written config like a store. */
const load = async (config: string) => {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.ts`);
  await writeFile(
    file,
    config.replaceAll('from "./', `from "${root}/`).replace('"@kintoun/kit"', `"${root}/kit/index.ts"`),
  );
  const { default: exported } = await import(pathToFileURL(file).href);
  return { given: exported.settings as Readonly<Record<string, unknown>>, read: readConfig(exported) };
};
const settingsOf = async (lines: string) => (await load(ofKeys(lines).config)).given;
/** The findings about keys, without those about every file. */
const findingsOn = (lines: string) =>
  ofKeys(lines).findings.filter(({ text }) => !text.startsWith("kinto.experimental_"));
const notesOn = (lines: string) => findingsOn(lines).map(({ text }) => text);
const securityOn = (lines: string) =>
  findingsOn(lines)
    .filter(({ isSecurity }) => isSecurity)
    .map(({ text }) => text);

const refusal = (text: string): readonly string[] => {
  try {
    importText(text);
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("importIni", () => {
  it("converts or explains every setting of Kinto's documentation", async () => {
    const keys = Object.entries(KINTO_SETTINGS);
    const { config, findings } = ofKeys(keys.map(([key, [value]]) => `${key} = ${value}`).join("\n"));
    const notes = findings.map(({ text }) => text);
    const { given } = await load(config);

    expect(keys.length).toBeGreaterThan(110);
    const missing = keys.filter(([key, [, becomes]]) => {
      if (becomes in given) return false;
      return !notes.some(
        (line) =>
          [`${key} `, `${key}: `, ...(/listeners\.\w+/.test(key) ? ["kinto.event_listeners: mylistener "] : [])].some(
            (start) => line.startsWith(start),
          ) && line.includes(becomes),
      );
    });
    expect(missing).toEqual([]);
    // A key is either converted or has a note.
    expect(
      findings
        .flatMap(({ isSecurity, text }) => (isSecurity ? [] : [text]))
        .filter((line) =>
          Object.entries(KINTO_SETTINGS).some(([key, [, becomes]]) => line.startsWith(`${key} `) && becomes in given),
        ),
    ).toEqual([]);
  });

  it("writes a config with the values that Kinto reads", async () => {
    const { read } = await load(importText(await readFile(join(import.meta.dirname, "kinto.ini"), "utf8")).config);

    expect(read.settings).toMatchObject({
      paginateBy: 100,
      readonly: false,
      projectVersion: "1.0",
      eosMessage: "Client is too old",
      bucketCreatePrincipals: ["system.Authenticated", "account:admin"],
      corsOrigins: ["https://a.example.org", "https://b.example.org"],
      pluralBucketPostEnabled: false,
      recordIdGenerator: "uuid",
      collectionIdGenerator: "name",
      errorInfoLink: "https://bugs.example.org/?q=100%",
      experimentalCollectionSchemaValidation: false,
      experimentalPermissionsEndpoint: true,
    });
    expect(Object.fromEntries(read.settings.places)).toEqual({
      blog: { recordCacheExpiresSeconds: 30 },
      "blog.articles": { recordCacheExpiresSeconds: 3600 },
    });
    expect(read.plugins.map(({ name }) => name)).toEqual(["basicauth", "search"]);
  });

  it.each([
    ["true", true],
    ["True", true],
    ["yes", true],
    ["on", true],
    ["1", true],
    ["y", true],
    ["T", true],
    ["false", false],
    ["No", false],
    ["off", false],
    ["0", false],
    ['"yes"', true],
  ])("reads the boolean %s like Kinto", async (word, value) => {
    expect((await settingsOf(`kinto.readonly = ${word}`)).readonly).toBe(value);
    expect(notesOn(`kinto.readonly = ${word}`)).toEqual([]);
  });

  it("reads other words as false, with a note", async () => {
    expect((await settingsOf("kinto.readonly = enabled")).readonly).toBe(false);
    expect(notesOn("kinto.readonly = enabled")).toEqual([
      "kinto.readonly is not one of Kinto's words for true, so it is false.",
    ]);
  });

  it.each([
    ["10", 10],
    ['"10"', 10],
    ["1e2", 100],
  ])("reads the number %s like Kinto", async (text, value) => {
    expect((await settingsOf(`kinto.paginate_by = ${text}`)).paginateBy).toBe(value);
  });

  it("reads lists with white space, line breaks or JSON, with a note about commas", async () => {
    const names = async (text: string) =>
      (await settingsOf(`kinto.record_read_principals = ${text}`)).recordReadPrincipals;

    expect(await names("a b\n  c\n  # d\n  e")).toEqual(["a", "b", "c", "e"]);
    expect(await names('["a", "b"]')).toEqual(["a", "b"]);
    expect(await names('"a b"')).toEqual(["a", "b"]);
    expect(await names("a, b")).toEqual(["a", "b"]);
    expect(notesOn("kinto.record_read_principals = a, b")).toEqual([
      expect.stringMatching(/^kinto\.record_read_principals has commas/),
    ]);
    expect(await names("")).toEqual([]);
  });

  it.each([
    ["kinto.paginate_by = ", "is empty and left out"],
    ["kinto.paginate_by = null", "is empty and left out"],
    ["kinto.paginate_by = many", "is left out: "],
    ["kinto.batch_max_requests = 500", "is left out: Too big"],
    ["kinto.eos = in spring", "is left out: is not an ISO date"],
    ["kinto.record_id_generator = names.Mine", 'is left out: Invalid option: expected one of "name"|"uuid"'],
    ["kinto.http_host = %(nothing)s", "is left out: its value has a %(…)s that names an unknown key"],
    ["kinto.http_host = 100%", "is left out: its value has a single %"],
  ])("leaves out an invalid value with a note: %s", async (line, why) => {
    const [key = ""] = line.split(" ");
    expect(notesOn(line)).toEqual([expect.stringContaining(`${key} ${why}`)]);
    expect(Object.keys(await settingsOf(line))).toEqual([
      "experimentalCollectionSchemaValidation",
      "experimentalPermissionsEndpoint",
    ]);
  });

  it("keeps settings off that are off by default in Kinto", async () => {
    expect(await settingsOf("use = egg:kinto")).toEqual({
      experimentalCollectionSchemaValidation: false,
      experimentalPermissionsEndpoint: false,
    });
    expect(await settingsOf("kinto.includes = kinto.plugins.admin")).toEqual({
      experimentalPermissionsEndpoint: true,
      experimentalCollectionSchemaValidation: false,
    });
  });

  it("accepts names without kinto., with a note about contradictions", async () => {
    expect((await settingsOf("paginate_by = 5")).paginateBy).toBe(5);
    expect(notesOn("paginate_by = 5\nkinto.paginate_by = 6")).toEqual([
      expect.stringMatching(/^kinto\.paginate_by is left out: paginate_by has another value/),
    ]);
  });

  it("suggests the nearest setting", () => {
    expect(notesOn("kinto.paginate_by_ = 5\nkinto.colour = red")).toEqual([
      "kinto.paginate_by_ is not a setting of Kintoun. Did you mean 'paginate_by'?",
      "kinto.colour is not a setting of Kintoun. See docs/operations/settings.md.",
    ]);
  });

  it("applies an ambiguous old name to every possible place, after exact names", async () => {
    expect(
      (
        await settingsOf(
          "kinto.my_blog_record_cache_expires_seconds = 5\nkinto.my.blog.record_cache_expires_seconds = 6",
        )
      ).places,
    ).toEqual({
      my_blog: { recordCacheExpiresSeconds: 5 },
      "my.blog": { recordCacheExpiresSeconds: 6 },
    });
    expect(notesOn("kinto.blog_record_cache_expires_seconds = 5\nkinto.record_cache_expires_seconds = 6")).toEqual([
      "kinto.blog_record_cache_expires_seconds has no effect in Kinto either, because kinto.record_cache_expires_seconds is set.",
    ]);
  });

  it("adds plugins that need no options, with findings about the others", () => {
    const lines = notesOn(
      "multiauth.policies = basicauth ipauth\nkinto.includes = kinto_elasticsearch\n  kinto-emailer\n  ours.plugin\nkinto.event_listeners = redis\nmail.host = x",
    );

    expect(lines).toEqual([
      "multiauth.policies: ipauth has no counterpart in Kintoun: its users cannot log in.",
      expect.stringMatching(/^kinto\.includes: kinto_elasticsearch is search\(\) in Kintoun/),
      "kinto.includes: kinto_emailer has no mail.default_sender. Replace kintoun@example.org in the config.",
      expect.stringMatching(/^kinto\.includes: kinto_emailer became email\(\)/),
      "kinto.includes: ours.plugin has no counterpart in Kintoun.",
      expect.stringMatching(
        /^kinto\.event_listeners: redis is not converted: .*"kintoun plugins new redis --parts listener"/,
      ),
    ]);
  });

  it("orders plugins by authentication, then by kinto.includes", async () => {
    const { config, findings } = ofKeys(
      "kinto.includes = kinto.plugins.flush kinto_elasticsearch kinto.plugins.default_bucket\nmultiauth.policies = basicauth",
    );

    expect((await load(config)).read.plugins.map(({ name }) => name)).toEqual([
      "basicauth",
      "search",
      "default-bucket",
    ]);
    expect(findings.filter(({ text }) => text.startsWith("kinto.includes"))).toMatchObject([
      {
        severity: "action",
        text: expect.stringMatching(/^kinto\.includes: kinto\.plugins\.flush is not switched on, .*add flush\(\) of/),
      },
      { severity: "action" },
    ]);
  });

  it("keeps the prefix of user ids of basic authentication under another name", async () => {
    const use = (name: string) =>
      `multiauth.policies = ${name}\nmultiauth.policy.${name}.use = kinto.core.authentication.BasicAuthAuthenticationPolicy`;

    expect((await load(ofKeys(use("Legacy")).config)).read.plugins.map(({ name }) => name)).toEqual(["legacy"]);
    expect(securityOn(use("Legacy"))).toEqual([]);
    expect(securityOn(use("my_policy"))).toContain(
      "multiauth.policies: my_policy is not converted, because no plugin can have its name, with which user ids begin: its users cannot log in.",
    );
  });

  it.each([["ours.Policy", "has no counterpart in Kintoun"]])("knows each name of a policy's class: %s", (use, why) => {
    const lines = `multiauth.policies = ours\nmultiauth.policy.ours.use = ${use}`;

    expect(securityOn(lines)).toEqual([
      `multiauth.policies: ours ${why}: its users cannot log in.`,
      "multiauth.policies has no policy that is left: every request is anonymous.",
    ]);
    expect(notesOn(lines)).toContain(`multiauth.policy.ours.use belongs to a policy that ${why}.`);
  });

  it("converts accounts with their principals, cache and validation", async () => {
    const lines = [
      "kinto.includes = kinto.plugins.accounts",
      "multiauth.policies = account",
      "multiauth.policy.account.use = kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
      "kinto.account_create_principals = system.Everyone",
      "kinto.account_write_principals = account:admin /buckets/a/groups/b",
      "kinto.account_cache_ttl_seconds = 60",
      "kinto.account_validation = true",
      "kinto.account_validation.email_sender = store@example.com",
      "kinto.account_validation.email_body_template = {activation-form-url}/{id}/{activation-key}",
      "kinto.account_validation.email_reset_password_subject_template = {reset-password}",
      "kinto.account_validation.email_regexp = @example.com$",
      "mail.host = smtp.example.com",
      "mail.tls = true",
    ].join("\n");
    const { config } = ofKeys(lines);
    const { plugins } = (await load(config)).read;
    expect(plugins.map(({ name, authentication }) => [name, authentication?.policies])).toEqual([
      ["accounts", ["account"]],
    ]);
    expect(config).toContain('writePrincipals: ["account:admin", "/buckets/a/groups/b"]');
    expect(config).toContain(
      'mail: { from: "store@example.com", via: { host: "smtp.example.com", port: 25, security: "starttls" }, validation: true, ' +
        'templates: { validation: { text: "{activation-form-url}/{id}/{key}" }, reset: { subject: "{password}" } } }',
    );
    expect(notesOn(lines)).toContain(
      "kinto.account_validation.email_body_template has {activation-form-url}, which is empty in mails of accounts(): there is no email-context.",
    );
    expect(notesOn(lines).some((note) => note.startsWith("kinto.account_validation.email_regexp has no"))).toBe(true);
    expect(notesOn(lines).some((note) => note.includes("Passwords are not copied"))).toBe(true);
    expect(securityOn(lines)).toEqual([]);
    expect(securityOn(lines.replaceAll("account =", "other =").replaceAll("= account\n", "= other\n"))).not.toEqual([]);
  });

  it("converts policies of OpenID Connect to providers", async () => {
    const policy = (name: string) => [
      `multiauth.policy.${name}.use = kinto.plugins.openid.OpenIDConnectPolicy`,
      `multiauth.policy.${name}.issuer = https://${name}.example.org`,
      `multiauth.policy.${name}.client_id = kinto-${name}`,
      `multiauth.policy.${name}.client_secret = hidden-${name}`,
    ];
    const lines = [
      "kinto.includes = kinto.plugins.openid",
      "multiauth.policies = auth0 basicauth google",
      ...policy("auth0"),
      ...policy("google"),
      "multiauth.policy.google.userid_field = email",
      "multiauth.policy.google.verification_ttl_seconds = 86400",
      "kinto.bucket_create_principals = google:admin@example.org",
    ].join("\n");
    const { config } = ofKeys(lines);
    const { plugins } = (await load(config)).read;
    expect(plugins.map(({ name, authentication }) => [name, authentication?.policies])).toEqual([
      ["openid", ["auth0", "google"]],
      ["basicauth", undefined],
    ]);
    expect(config).toContain('userIdField: "email"');
    expect(config).toContain('parameter: "/kintoun/openid/google"');
    expect(config).toContain("verificationSeconds: 3600");
    expect(JSON.stringify([config, ...notesOn(lines)])).not.toContain("hidden");
    expect(securityOn(lines)).toEqual([]);
    expect(notesOn(lines).some((note) => note.includes("callbacks of openid()"))).toBe(true);
  });

  it("reports permissions of users who cannot log in", () => {
    const lines = [
      "multiauth.policies = openid basicauth",
      "multiauth.policy.openid.use = kinto.plugins.openid.OpenIDConnectPolicy",
      "kinto.bucket_create_principals = system.Authenticated openid:admin",
      "kinto.bucket_read_principals = system.Authenticated basicauth:ada",
    ].join("\n");

    expect(securityOn(lines)).toEqual([
      "multiauth.policies: openid needs the URL of an issuer, a client_id, and a name of letters, digits and dashes: its users cannot log in.",
      "kinto.bucket_create_principals names users of a policy that is not converted: no one has these permissions.",
    ]);
  });

  it.each([
    ["multiauth.authorization_policy = ours.Policy", ["multiauth.authorization_policy names other rules than Kinto's"]],
    ["multiauth.authorization_policy = kinto.authorization.AuthorizationPolicy", []],
    ["multiauth.groupfinder = ours.find", ["multiauth.groupfinder names other rules than Kinto's"]],
    ["kinto.bucket_read_principals = %(nothing)s", ["kinto.bucket_read_principals is left out: its value"]],
    ["kinto.paginate_by = many", []],
    ["kinto.includes = kinto.plugins.history", []],
  ])("reports a change of permissions: %s", (line, starts) => {
    expect(securityOn(line)).toEqual(starts.map((start) => expect.stringContaining(start)));
  });

  it("carries over the mail server and the sender of kinto-emailer", async () => {
    const lines = [
      "kinto.includes = kinto_emailer",
      "mail.host = smtp.example.org",
      "mail.port = 465",
      "mail.ssl = true",
      "mail.username = kinto",
      "mail.password = hush",
      "mail.default_sender = Kinto <kinto@example.org>",
      "mail.queue_path = /var/mail",
    ].join("\n");
    const { config, findings } = ofKeys(lines);

    expect(config).toContain(
      'email({ from: "Kinto <kinto@example.org>", via: { host: "smtp.example.org", port: 465, security: "tls", username: "kinto", password: { parameter: "/kintoun/email/smtp-password" } }, collectionHooks: true })',
    );
    expect((await load(config)).read.plugins.map(({ name, capability }) => [name, capability])).toEqual([
      ["email", "emailer"],
    ]);
    const texts = findings.map(({ text }) => text);
    expect(texts).toContainEqual(
      expect.stringMatching(/^mail\.password has a password, .* the variable KINTOUN_PLUGIN_EMAIL_SMTP_PASSWORD/),
    );
    expect(texts).toContain(
      "mail.queue_path has no counterpart in Kintoun: email() sends each mail to the mail server itself.",
    );
    expect(`${config}${texts.join()}`).not.toContain("hush");
  });

  it.each([
    ["mail.tls = true", 'port: 25, security: "starttls" }'],
    ["", 'host: "localhost", port: 25, security: "none" }'],
    ["mail.username = kinto\nmail.password = hush", 'security: "starttls", username: "kinto"'],
  ])("reads the security of the mail server: %j", async (lines, expected) => {
    const { config } = ofKeys(`kinto.includes = kinto_emailer\nmail.default_sender = a@example.org\n${lines}`);

    expect(config).toContain(expected);
    await load(config);
  });

  it("leaves out mail settings that no plugin can use, with the reason", () => {
    expect(notesOn("kinto.includes = kinto_emailer\nmail.default_sender = none")).toEqual([
      expect.stringMatching(
        /^kinto\.includes: kinto_emailer is not converted to email\(\): the sender must be one mail address/,
      ),
    ]);
    expect(notesOn("mail.host = x")).toEqual([expect.stringMatching(/^mail\.host has no effect in Kintoun without/)]);
  });

  it.each(["hush", "hush%%%(hush)shush"])("reveals no secret: %s", (secret) => {
    const secrets = [
      "kinto.userid_hmac_secret",
      "kinto.default_bucket_hmac_secret",
      "kinto.storage_url",
      "kinto.sentry_dsn",
      "multiauth.policy.google.client_secret",
      "mail.password",
      "kinto.ours",
    ];
    const { config, findings } = ofKeys(
      `multiauth.policies = google\n${secrets.map((key) => `${key} = ${secret}`).join("\n")}`,
    );

    expect(`${config}${findings.map(({ text }) => text).join("\n")}`).not.toContain("hush");
    expect(secrets.filter((key) => !findings.some(({ text }) => text.startsWith(`${key} `)))).toEqual([]);
  });

  it("names the variables for secrets", () => {
    const lines = notesOn("kinto.userid_hmac_secret = hush\nkinto.default_bucket_hmac_secret = hush");

    expect(lines).toEqual([
      expect.stringContaining("KINTOUN_USERID_HMAC_SECRET"),
      expect.stringContaining("KINTOUN_DEFAULT_BUCKET_HMAC_SECRET"),
    ]);
  });

  it("escapes text", async () => {
    const text = '"\\"; process.exit(); // `1` \\u2028 </script>"';
    expect((await settingsOf(`kinto.eos_message = ${text.replaceAll("%", "%%")}`)).eosMessage).toBe(JSON.parse(text));
    expect((await settingsOf("kinto.eos_message = `'\"\\")).eosMessage).toBe("`'\"\\");
  });
});

describe("parseIni", () => {
  const names = async (text: string) => (await load(importText(text).config)).given.recordReadPrincipals;

  it("reads comments, continued lines, colons and interpolation", async () => {
    const text = [
      "# first",
      "[DEFAULT]",
      "who = account:%(one)s",
      "one = alice",
      "[app:main]",
      "; second",
      "other = account:bob",
      "kinto.record_read_principals : %(who)s",
      "  # third",
      "",
      "    %(other)s = not a key",
      "[other]",
      "kinto.record_read_principals = no-one",
    ].join("\r\n");

    expect(await names(text)).toEqual(["account:alice", "account:bob", "=", "not", "a", "key"]);
  });

  it("reads [DEFAULT] only where a key gets it", async () => {
    expect(await names("[DEFAULT]\nreaders = a b\n[app:main]\nget kinto.record_read_principals = readers")).toEqual([
      "a",
      "b",
    ]);

    const { config, findings } = importText(
      "[DEFAULT]\nkinto.readonly = true\nkinto.paginate_by = 5\n[app:main]\nkinto.readonly = true\nset x = 1",
    );
    expect(config).not.toMatch(/readonly|paginateBy/);
    for (const key of ["kinto.readonly", "kinto.paginate_by", "set x"])
      expect(findings).toContainEqual({
        severity: "info",
        text: expect.stringContaining(`${key} has no effect in Kinto`),
      });
  });

  it("keeps the case of keys", () => {
    expect(notesOn("Kinto.Readonly = true")).toEqual([
      "Kinto.Readonly is not a setting of Kintoun. See docs/operations/settings.md.",
    ]);
  });

  it("notes the sections that are not read", () => {
    expect(
      importText("[server:main]\nport = 1\n[app:main]\n[logger_root]\nlevel = INFO\n[ours]\n")
        .findings.slice(-3)
        .map(({ text }) => text),
    ).toEqual([
      "[server:main] is not applicable: Lambda and API Gateway serve requests.",
      "[logger_root] is not applicable: the functions write JSON lines to CloudWatch.",
      "[ours] is not read: Kinto's settings are in [app:main].",
    ]);
  });

  it.each([
    ["", "/etc/kinto.ini has no section [app:main], which holds Kinto's settings. Its sections are: none."],
    [
      "[server:main]\n[uwsgi]",
      "/etc/kinto.ini has no section [app:main], which holds Kinto's settings. Its sections are: [server:main], [uwsgi].",
    ],
    ['{"a": 1}', "/etc/kinto.ini is not a valid ini file: line 1 is before the first [section]."],
    [
      "[app:main]\nkinto.readonly",
      "/etc/kinto.ini is not a valid ini file: line 2 is neither a [section] nor 'key = value'.",
    ],
    ["[app:main]\n= x", "/etc/kinto.ini is not a valid ini file: line 2 is neither a [section] nor 'key = value'."],
    ["[app:main]\na = 1\na = 2", "/etc/kinto.ini is not a valid ini file: line 3 repeats the key a."],
    ["[app:main]\n[app:main]", "/etc/kinto.ini is not a valid ini file: line 2 repeats the section [app:main]."],
  ])("rejects %j", (text, line) => {
    expect(refusal(text)).toEqual([line]);
  });

  it("limits recursive interpolation", () => {
    const doubling = Array.from({ length: 9 }, (_, at) => `n${at} = ${`%(n${at + 1})s`.repeat(20)}`).join("\n");

    expect(notesOn("a = %(a)s")).toEqual(["a is left out: its value has a %(…)s that is nested too deep or too long."]);
    expect(notesOn(`${doubling}\nn9 = x`)[0]).toBe(
      "n0 is left out: its value has a %(…)s that is nested too deep or too long.",
    );
  });
});

describe("kintoun config import", () => {
  const run = async (...args: string[]) => {
    const { stdout, stderr, code } = await promisify(execFile)(process.execPath, ["cli/main.ts", "config", ...args], {
      cwd: root,
    }).then(
      (ended) => ({ ...ended, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    );
    return { stdout, stderr, code };
  };
  const ini = join(import.meta.dirname, "kinto.ini");

  it("prints the config to stdout, and grouped findings with a summary to stderr", async () => {
    const { config } = importIni(await readFile(ini, "utf8"), ini);
    const { stdout, stderr, code } = await run("import", ini);

    expect([stdout, code]).toEqual([config, 0]);
    const headings = stderr.split("\n").filter((line) => /^\S/.test(line));
    expect(headings).toEqual([
      "Lost:",
      "Needs you:",
      "For information:",
      "Summary: lost: 1, needs you: 2, for information: 5, changes of authentication or permissions: 0.",
    ]);
  });

  it("writes nothing and exits with 2 if authentication or permissions change, unless that is accepted", async () => {
    const file = join(folder, "accounts.ini");
    const output = join(folder, "accounts.config.ts");
    await writeFile(
      file,
      "[app:main]\nmultiauth.policies = ipauth\nmultiauth.policy.ipauth.use = pyramid_ipauth.IPAuthPolicy\n",
    );

    const refused = await run("import", file, "--output", output);
    expect([refused.stdout, refused.code]).toEqual(["", 2]);
    expect(refused.stderr).toContain(
      "Lost:\n  [security] multiauth.policies: ipauth has no counterpart in Kintoun: its users cannot log in.\n",
    );
    expect(refused.stderr).toMatch(/Nothing was written, .* repeat the command with --accept-losses\.\n$/);
    await expect(readFile(output)).rejects.toThrow("ENOENT");
    expect(await run("import", file)).toMatchObject({ stdout: "", code: 2 });

    expect(await run("import", file, "--output", output, "--accept-losses")).toMatchObject({ code: 0 });
    expect(await readFile(output, "utf8")).toContain("plugins: [],");
  });

  it("writes a file, and overwrites one only with --force", async () => {
    const output = join(folder, "kintoun.config.ts");
    expect(await run("import", ini, "--output", output)).toMatchObject({ stdout: "", code: 0 });
    const written = await readFile(output, "utf8");
    await writeFile(output, "mine");
    expect(await run("import", ini, "--output", output)).toEqual({
      stdout: "",
      stderr: `${output} already exists. Overwrite it with --force.\n`,
      code: 1,
    });
    expect(await readFile(output, "utf8")).toBe("mine");
    expect(await run("import", ini, "--output", output, "--force")).toMatchObject({ code: 0 });
    expect(await readFile(output, "utf8")).toBe(written);
  });

  it("exits with 1 and one line for wrong input", async () => {
    const picture = join(folder, "picture.png");
    await writeFile(picture, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff));
    for (const [args, said] of [
      [
        ["import", join(folder, "none.ini")],
        `${join(folder, "none.ini")} cannot be read: the file or its folder does not exist.`,
      ],
      [["import", folder], `${folder} is not a file. Name an ini file.`],
      [["import", picture], `${picture} is not UTF-8 text. Convert it to UTF-8.`],
      [["import", ini, "--output", folder], `${folder} already exists. Overwrite it with --force.`],
      [["import", ini, "--output", folder, "--force"], `${folder} cannot be written: it is a folder.`],
      [
        ["import", ini, "--output", join(folder, "none", "x.ts")],
        `${join(folder, "none", "x.ts")} cannot be written: the file or its folder does not exist.`,
      ],
      [["import", ini, "--force"], "--force needs --output. Add --output FILE."],
      [
        ["import", ini, "--output", ""],
        "error: option '--output <file>' argument '' is invalid. It is empty.\nRun the command with --help for its usage.",
      ],
    ] as const)
      expect(await run(...args)).toEqual({ stdout: "", stderr: `${said}\n`, code: 1 });
  });
});
