import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore } from "@kintoun/testing";
import { importIni } from "../../cli/commands/config/import.ts";
import { readConfig } from "../../config/config.ts";
import type { KintounConfig } from "../../kit/config.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintoun-"));
});
afterAll(() => rm(folder, { recursive: true }));

const importKeys = (...lines: string[]) => {
  const { config, findings } = importIni(["[app:main]", ...lines].join("\n"), "/etc/kinto.ini");
  const texts = findings.map(({ severity, text }) => `${severity} ${text}`);
  return { config, texts: texts.filter((text) => text.includes("listener")) };
};

const load = async (config: string): Promise<KintounConfig> => {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.ts`);
  await writeFile(
    file,
    config.replaceAll('from "./', `from "${root}/`).replace('"@kintoun/kit"', `"${root}/kit/index.ts"`),
  );
  const { default: exported } = (await import(pathToFileURL(file).href)) as { default: KintounConfig };
  readConfig(exported);
  return exported;
};

/** The listener of Kinto's tutorial on notifications, with further settings. */
const mailListener = (name: string, ...settings: string[]): string[] =>
  [
    "use = kinto_email",
    "server = localhost:1025",
    "tls = false",
    "username =",
    "password =",
    "from = postmaster@localhost",
    ...settings,
  ].map((setting) => `kinto.event_listeners.${name}.${setting}`);

describe("event_listeners", () => {
  it("of one module become plugins under several names, which send their own mails", async () => {
    const { config, texts } = importKeys(
      "kinto.event_listeners = send_email audit",
      ...mailListener("send_email", "recipients = kinto@yopmail.com"),
      ...mailListener(
        "audit",
        "recipients = audit@example.org second@example.org",
        "resources = record",
        "actions = delete",
      ),
    );

    const { plugins } = await load(config);
    await using store = await startTestStore({ plugins });
    await store.put("/buckets/blog");
    await store.put("/buckets/blog/collections/posts");
    await store.put("/buckets/blog/collections/posts/records/one");
    await store.delete("/buckets/blog/collections/posts/records/one");
    await store.drain();

    expect(store.mails.map(({ from, to, subject }) => `${from} ${to.join()} ${subject}`).toSorted()).toEqual([
      "postmaster@localhost audit@example.org,second@example.org record deleted",
      "postmaster@localhost kinto@yopmail.com bucket created",
      "postmaster@localhost kinto@yopmail.com collection created",
      "postmaster@localhost kinto@yopmail.com record created",
      "postmaster@localhost kinto@yopmail.com record deleted",
    ]);
    expect(config).toContain('via: { host: "localhost", port: 1025, security: "none" }');
    expect(texts).toEqual([
      expect.stringMatching(/^action kinto\.event_listeners: send_email became email\(\), .* compare the subject/),
      expect.stringMatching(/^action kinto\.event_listeners: audit became email\(\)/),
    ]);
  });

  it("with a password get the name of a parameter and of a variable", async () => {
    const { config, texts } = importKeys(
      "event_listeners = send_email",
      "event_listeners.send_email.from = a@example.org",
      "event_listeners.send_email.recipients = b@example.org",
      "event_listeners.send_email.username = kinto",
      "event_listeners.send_email.password = hush",
    );

    await load(config);
    expect(config).toContain('password: { parameter: "/kintoun/send-email/smtp-password" }');
    expect(texts).toContainEqual(expect.stringContaining("KINTOUN_PLUGIN_SEND_EMAIL_SMTP_PASSWORD"));
    expect(texts).toContainEqual(expect.stringContaining("The config requires STARTTLS."));
    expect(`${config}${texts.join()}`).not.toContain("hush");
  });

  it("of other modules are explained once each, with the plugin to write and its events", () => {
    const { config, texts } = importKeys(
      "kinto.event_listeners = redis",
      "kinto.event_listeners.redis.use = kinto_redis.listeners",
      "kinto.event_listeners.redis.listname = eventqueue",
      "kinto.event_listeners.redis.resources = record",
      "kinto.event_listeners.redis.actions = create update",
    );

    expect(config).toContain("plugins: [],");
    expect(texts).toEqual([
      'action kinto.event_listeners: redis is not converted: its Python module has no counterpart. Write it as a plugin with "kintoun plugins new kinto-redis --parts listener" (docs/guides/notifications.md), and list it with name: "redis" and its listener limited to on: ["record.create","record.update"].',
    ]);
  });

  it.each<[string[], string]>([
    [
      ["kinto.event_listeners.other.use = x"],
      "info kinto.event_listeners.other.use has no effect in Kinto either: kinto.event_listeners does not name the listener.",
    ],
    [
      mailListener("one", "recipients = none"),
      "action kinto.event_listeners: one is not converted to email(): recipient 1 must be one mail address",
    ],
    [
      mailListener("one", "recipients ="),
      "action kinto.event_listeners: one is not converted to email(): it has no recipients.",
    ],
    [
      mailListener("one", "recipients = a@example.org", "actions = read"),
      "action kinto.event_listeners: one is not converted to email(): it receives none of the events that there are.",
    ],
    [
      mailListener("one", "recipients = a@example.org", "actions = read create"),
      "lost kinto.event_listeners: one receives no events of read, which listeners of Kintoun cannot receive.",
    ],
    [
      mailListener("one", "recipients = a@example.org", "template = x"),
      "action kinto.event_listeners: one has settings that email() has not: template.",
    ],
  ])("explain what they lose: %j", (lines, finding) => {
    const { texts } = importKeys("kinto.event_listeners = one", ...lines);

    expect(texts).toContainEqual(expect.stringContaining(finding));
  });

  it("do not take the name of another plugin", async () => {
    const { config, texts } = importKeys(
      "multiauth.policies = basicauth",
      "kinto.event_listeners = basicauth",
      ...mailListener("basicauth", "recipients = a@example.org"),
    );

    expect((await load(config)).plugins.map(({ name }) => name)).toEqual(["basicauth"]);
    expect(texts).toContain(
      "action kinto.event_listeners has a listener named basicauth, as another plugin is. Rename it.",
    );
  });
});
