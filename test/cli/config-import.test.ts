import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { importIni } from "../../cli/config-import.ts";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/problem.ts";
import { KINTO_SETTINGS } from "./kinto-settings.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintoun-"));
});
afterAll(() => rm(folder, { recursive: true }));

const imported = (text: string) => importIni(text, "/etc/kinto.ini");
const ofKeys = (lines: string) => imported(`[app:main]\n${lines}`);

/** What a written config says, as a store would read it. */
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
/** What is told about keys, without what is told about every file. */
const told = (lines: string) => ofKeys(lines).told.filter((line) => !line.startsWith("kinto.experimental_"));

const refusal = (text: string): readonly string[] => {
  try {
    imported(text);
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("a config made of a Kinto's ini file", () => {
  it("has, or explains, every setting in Kinto's documentation", async () => {
    const keys = Object.entries(KINTO_SETTINGS);
    const { config, told } = ofKeys(keys.map(([key, [value]]) => `${key} = ${value}`).join("\n"));
    const { given } = await load(config);

    expect(keys.length).toBeGreaterThan(110);
    const missing = keys.filter(([key, [, becomes]]) => {
      if (becomes in given) return false;
      return !told.some(
        (line) => (line.startsWith(`${key} `) || line.startsWith(`${key}: `)) && line.includes(becomes),
      );
    });
    expect(missing).toEqual([]);
    // What is a setting is told nothing about, and what is told about is none.
    expect(
      told.filter((line) =>
        Object.entries(KINTO_SETTINGS).some(([key, [, becomes]]) => line.startsWith(`${key} `) && becomes in given),
      ),
    ).toEqual([]);
  });

  it("loads, with the values that Kinto would read", async () => {
    const { read } = await load(imported(await readFile(join(import.meta.dirname, "kinto.ini"), "utf8")).config);

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
  ])("reads the word %s as Kinto does", async (word, value) => {
    expect((await settingsOf(`kinto.readonly = ${word}`)).readonly).toBe(value);
    expect(told(`kinto.readonly = ${word}`)).toEqual([]);
  });

  it("reads other words as false, as Kinto does, and says so", async () => {
    expect((await settingsOf("kinto.readonly = enabled")).readonly).toBe(false);
    expect(told("kinto.readonly = enabled")).toEqual([
      "kinto.readonly is none of Kinto's words for true, and so false.",
    ]);
  });

  it.each([
    ["10", 10],
    ['"10"', 10],
    ["1e2", 100],
  ])("reads the number %s as Kinto does", async (text, value) => {
    expect((await settingsOf(`kinto.paginate_by = ${text}`)).paginateBy).toBe(value);
  });

  it("reads lists with white space, line breaks or JSON between their parts, and says where commas were", async () => {
    const names = async (text: string) =>
      (await settingsOf(`kinto.record_read_principals = ${text}`)).recordReadPrincipals;

    expect(await names("a b\n  c\n  # d\n  e")).toEqual(["a", "b", "c", "e"]);
    expect(await names('["a", "b"]')).toEqual(["a", "b"]);
    expect(await names('"a b"')).toEqual(["a", "b"]);
    expect(await names("a, b")).toEqual(["a", "b"]);
    expect(told("kinto.record_read_principals = a, b")).toEqual([
      expect.stringMatching(/^kinto\.record_read_principals has commas/),
    ]);
    expect(await names("")).toEqual([]);
  });

  it.each([
    ["kinto.paginate_by = ", "is empty and left out"],
    ["kinto.paginate_by = null", "is empty and left out"],
    ["kinto.paginate_by = many", "is left out: "],
    ["kinto.batch_max_requests = 500", "is left out: Too big"],
    ["kinto.eos = in spring", "is left out: is no ISO date"],
    ["kinto.record_id_generator = names.Mine", 'is left out: Invalid option: expected one of "name"|"uuid"'],
    ["kinto.http_host = %(nothing)s", "is left out: its value names something"],
    ["kinto.http_host = 100%", "is left out: its value has a lone %"],
  ])("leaves out, and tells, what it can't be: %s", async (line, why) => {
    const [key = ""] = line.split(" ");
    expect(told(line)).toEqual([expect.stringContaining(`${key} ${why}`)]);
    expect(Object.keys(await settingsOf(line))).toEqual([
      "experimentalCollectionSchemaValidation",
      "experimentalPermissionsEndpoint",
    ]);
  });

  it("keeps off what is off in Kinto unless it is set", async () => {
    expect(await settingsOf("use = egg:kinto")).toEqual({
      experimentalCollectionSchemaValidation: false,
      experimentalPermissionsEndpoint: false,
    });
    expect(await settingsOf("kinto.includes = kinto.plugins.admin")).toEqual({
      experimentalPermissionsEndpoint: true,
      experimentalCollectionSchemaValidation: false,
    });
  });

  it("takes names without kinto. too, and tells where two contradict each other", async () => {
    expect((await settingsOf("paginate_by = 5")).paginateBy).toBe(5);
    expect(told("paginate_by = 5\nkinto.paginate_by = 6")).toEqual([
      expect.stringMatching(/^kinto\.paginate_by is left out: paginate_by says otherwise/),
    ]);
  });

  it("tells what was probably meant", () => {
    expect(told("kinto.paginate_by_ = 5\nkinto.colour = red")).toEqual([
      "kinto.paginate_by_ is no setting that Kintoun knows. Did you mean 'paginate_by'?",
      "kinto.colour is no setting that Kintoun knows. docs/settings.md lists them.",
    ]);
  });

  it("gives each place that an old name may mean its setting, after those named exactly", async () => {
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
    expect(told("kinto.blog_record_cache_expires_seconds = 5\nkinto.record_cache_expires_seconds = 6")).toEqual([
      "kinto.blog_record_cache_expires_seconds has no effect in Kinto either, beside kinto.record_cache_expires_seconds.",
    ]);
  });

  it("has the plugins that need no more than being called, and names the others", () => {
    const lines = told(
      "multiauth.policies = basicauth ipauth\nkinto.includes = kinto_elasticsearch\n  kinto-emailer\n  ours.plugin\nkinto.event_listeners = redis\nmail.host = x",
    );

    expect(lines).toEqual([
      "multiauth.policies: ipauth has no counterpart in Kintoun.",
      expect.stringMatching(/^kinto\.includes: kinto_elasticsearch is search\(\) in Kintoun/),
      expect.stringMatching(/^kinto\.includes: kinto_emailer is email\(\) in Kintoun/),
      "kinto.includes: ours.plugin has no counterpart in Kintoun.",
      expect.stringMatching(/^kinto\.event_listeners: redis is not translated/),
      expect.stringMatching(/^mail\.host is email\(\) in Kintoun/),
    ]);
  });

  it("calls plugins that there are, in the order of authentication, then of kinto.includes", async () => {
    const { config, told } = ofKeys(
      "kinto.includes = kinto.plugins.flush kinto_elasticsearch kinto.plugins.default_bucket\nmultiauth.policies = basicauth",
    );

    expect((await load(config)).read.plugins.map(({ name }) => name)).toEqual([
      "basicauth",
      "flush",
      "search",
      "default-bucket",
    ]);
    expect(told.filter((line) => line.startsWith("kinto.includes"))).toHaveLength(1);
  });

  it("does not take basic authentication under another name, as user ids would change", () => {
    const { config, told } = ofKeys(
      "multiauth.policies = legacy\nmultiauth.policy.legacy.use = kinto.core.authentication.BasicAuthAuthenticationPolicy",
    );

    expect(config).toContain("plugins: [],");
    expect(told).toContain(
      "multiauth.policies: legacy is not translated: with Kintoun's plugin, user ids begin with basicauth: instead.",
    );
  });

  it.each(["hush", "hush%%%(hush)shush"])("tells no secret, in the config or beside it: %s", (secret) => {
    const secrets = [
      "kinto.userid_hmac_secret",
      "kinto.default_bucket_hmac_secret",
      "kinto.storage_url",
      "kinto.sentry_dsn",
      "multiauth.policy.google.client_secret",
      "mail.password",
      "kinto.ours",
    ];
    const { config, told } = ofKeys(
      `multiauth.policies = google\n${secrets.map((key) => `${key} = ${secret}`).join("\n")}`,
    );

    expect(`${config}${told.join("\n")}`).not.toContain("hush");
    expect(secrets.filter((key) => !told.some((line) => line.startsWith(`${key} `)))).toEqual([]);
  });

  it("tells the variables that take the place of secrets", () => {
    const lines = told("kinto.userid_hmac_secret = hush\nkinto.default_bucket_hmac_secret = hush");

    expect(lines).toEqual([
      expect.stringContaining("KINTOUN_USERID_HMAC_SECRET"),
      expect.stringContaining("KINTOUN_DEFAULT_BUCKET_HMAC_SECRET"),
    ]);
  });

  it("takes text of any kind for text", async () => {
    const text = '"\\"; process.exit(); // `1` \\u2028 </script>"';
    expect((await settingsOf(`kinto.eos_message = ${text.replaceAll("%", "%%")}`)).eosMessage).toBe(JSON.parse(text));
    expect((await settingsOf("kinto.eos_message = `'\"\\")).eosMessage).toBe("`'\"\\");
  });
});

describe("an ini file", () => {
  const names = async (text: string) => (await load(imported(text).config)).given.recordReadPrincipals;

  it("may have comments, values over lines, colons, and values that name others", async () => {
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
      "kinto.record_read_principals = nobody",
    ].join("\r\n");

    expect(await names(text)).toEqual(["account:alice", "account:bob", "=", "not", "a", "key"]);
  });

  it("hands over what stands in [DEFAULT] where it is asked for", async () => {
    expect(await names("[DEFAULT]\nreaders = a b\n[app:main]\nget kinto.record_read_principals = readers")).toEqual([
      "a",
      "b",
    ]);

    const { config, told } = imported(
      "[DEFAULT]\nkinto.readonly = true\nkinto.paginate_by = 5\n[app:main]\nkinto.readonly = true\nset x = 1",
    );
    expect(config).not.toMatch(/readonly|paginateBy/);
    for (const key of ["kinto.readonly", "kinto.paginate_by", "set x"])
      expect(told).toContainEqual(expect.stringContaining(`${key} has no effect in Kinto`));
  });

  it("keeps the case of its keys, as Paste does", () => {
    expect(told("Kinto.Readonly = true")).toEqual([
      "Kinto.Readonly is no setting that Kintoun knows. docs/settings.md lists them.",
    ]);
  });

  it("is told which of its sections are not read", () => {
    expect(
      imported("[server:main]\nport = 1\n[app:main]\n[logger_root]\nlevel = INFO\n[ours]\n").told.slice(-3),
    ).toEqual([
      "[server:main] is not applicable: Lambda and API Gateway serve.",
      "[logger_root] is not applicable: the functions log lines of JSON to CloudWatch.",
      "[ours] is not read: Kinto's settings stand in [app:main].",
    ]);
  });

  it.each([
    ["", "/etc/kinto.ini has no section [app:main], where Kinto's settings stand. There are: none."],
    [
      "[server:main]\n[uwsgi]",
      "/etc/kinto.ini has no section [app:main], where Kinto's settings stand. There are: [server:main], [uwsgi].",
    ],
    ['{"a": 1}', "/etc/kinto.ini can't be read as an ini file: line 1 stands before the first [section]."],
    [
      "[app:main]\nkinto.readonly",
      "/etc/kinto.ini can't be read as an ini file: line 2 is neither a [section] nor 'key = value'.",
    ],
    [
      "[app:main]\n= x",
      "/etc/kinto.ini can't be read as an ini file: line 2 is neither a [section] nor 'key = value'.",
    ],
    ["[app:main]\na = 1\na = 2", "/etc/kinto.ini can't be read as an ini file: line 3 gives a a second time."],
    [
      "[app:main]\n[app:main]",
      "/etc/kinto.ini can't be read as an ini file: line 2 begins the section [app:main] a second time.",
    ],
  ])("that can't be read is refused in a line: %j", (text, line) => {
    expect(refusal(text)).toEqual([line]);
  });

  it("that names itself, or ever more, comes to an end", () => {
    const doubling = Array.from({ length: 9 }, (_, at) => `n${at} = ${`%(n${at + 1})s`.repeat(20)}`).join("\n");

    expect(told("a = %(a)s")).toEqual(["a is left out: its value names something in %(…)s that leads on too far."]);
    expect(told(`${doubling}\nn9 = x`)[0]).toBe(
      "n0 is left out: its value names something in %(…)s that leads on too far.",
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

  it("prints the config, and what is not in it on the other stream", async () => {
    const { config, told } = importIni(await readFile(ini, "utf8"), ini);

    expect(await run("import", ini)).toEqual({ stdout: config, stderr: `${told.join("\n")}\n`, code: 0 });
  });

  it("writes a file, but over none unless it is told to", async () => {
    const output = join(folder, "kintoun.config.ts");
    expect(await run("import", ini, "--output", output)).toMatchObject({ stdout: "", code: 0 });
    const written = await readFile(output, "utf8");
    await writeFile(output, "mine");
    expect(await run("import", ini, "--output", output)).toEqual({
      stdout: "",
      stderr: `${output} is there already: --force writes over it.\n`,
      code: 1,
    });
    expect(await readFile(output, "utf8")).toBe("mine");
    expect(await run("import", ini, "--output", output, "--force")).toMatchObject({ code: 0 });
    expect(await readFile(output, "utf8")).toBe(written);
  });

  it("says in a line what is wrong", async () => {
    const picture = join(folder, "picture.png");
    await writeFile(picture, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff));
    const usage = "npm run -s kintoun -- config import KINTO.INI [--output FILE [--force]]";
    for (const [args, said] of [
      [
        ["import", join(folder, "none.ini")],
        `${join(folder, "none.ini")} can't be read: there is no such file or folder.`,
      ],
      [["import", folder], `${folder} is a folder: an ini file is asked for.`],
      [["import", picture], `${picture} can't be read as an ini file: it is no text in UTF-8.`],
      [["import", ini, "--output", folder], `${folder} is there already: --force writes over it.`],
      [["import", ini, "--output", folder, "--force"], `${folder} can't be written: it is a folder.`],
      [
        ["import", ini, "--output", join(folder, "none", "x.ts")],
        `${join(folder, "none", "x.ts")} can't be written: there is no such file or folder.`,
      ],
      [["import"], usage],
      [["export", ini], usage],
      [[], usage],
      [["import", ini, "--force"], `--force goes with --output FILE.\n${usage}`],
    ] as const)
      expect(await run(...args)).toEqual({ stdout: "", stderr: `${said}\n`, code: 1 });
  });
});
