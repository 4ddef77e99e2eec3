import { afterEach, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";
import { readMail } from "../../local/read-mail.ts";
import { email } from "../../plugins/email/index.ts";
import { startSmtp } from "../adapters/mail/real-smtp.ts";
import fc, { codePoint } from "../fast-check.ts";

type EmailOptions = Parameters<typeof email>[0];
const FROM = { from: "Store <store@example.org>" };
const NOTES = "/buckets/b/collections/notes";

let store: TestStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const startStore = async (options: Omit<EmailOptions, "from">, more: Parameters<typeof startTestStore>[0] = {}) => {
  store = await startTestStore({
    plugins: [email({ ...FROM, ...options } as EmailOptions)],
    retryAfter: () => 0,
    ...more,
  });
  await store.put("/buckets/b");
  await store.put(NOTES);
  return store;
};

const summarize = ({ mails }: TestStore) => mails.map(({ to, subject }) => [subject, ...to]);

describe("email › hooks in the options", () => {
  it("are set up at the start with a log line", async () => {
    const store = await startStore({ recipients: ["ops@example.org"] });

    expect(
      store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "Setting up 'email' listener"),
    ).toHaveLength(1);
  });

  it("match their own events and use their own templates", async () => {
    const store = await startStore({
      recipients: ["ops@example.org"],
      subject: "new {id}",
      hooks: [
        {
          on: ["record.update"],
          where: { new: { state: ["done"] } },
          recipients: ["done@example.org"],
          subject: "done {id}",
        },
        { on: ["record.delete", "group.create"], recipients: ["both@example.org"], subject: "{action} {uri}" },
        { on: ["record.create"], buckets: ["b*"], collections: ["other*"], recipients: ["other@example.org"] },
      ],
    });
    await store.put(`${NOTES}/records/r`, { data: { state: "new" } });
    await store.drain();
    await store.patch(`${NOTES}/records/r`, { data: { state: "open" } });
    await store.patch(`${NOTES}/records/r`, { data: { state: "done" } });
    await store.drain();
    await store.delete(`${NOTES}/records/r`);
    await store.drain();
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.drain();

    expect(summarize(store)).toEqual([
      ["new r", "ops@example.org"],
      ["done r", "done@example.org"],
      [`delete ${NOTES}/records/r`, "both@example.org"],
      ["create /buckets/b/groups/g", "both@example.org"],
    ]);
  });

  it("send one mail to recipients, cc and bcc, with reply addresses", async () => {
    const store = await startStore({
      recipients: ["Ops Team <ops@example.org>", "lead@example.org", "OPS@example.org"],
      cc: ["copy@example.org", "lead@example.org"],
      bcc: ["hidden@example.org"],
      replyTo: ["{new.author} <{new.email}>"],
      text: "{new.title}",
      html: "<h1>{new.title}</h1>",
    });
    await store.put(`${NOTES}/records/r`, { data: { title: "<b>&\"'</b>", author: "Zoë", email: "zoe@example.org" } });
    await store.drain();

    expect(store.mails.map(({ to }) => to)).toEqual([
      ["ops@example.org", "lead@example.org", "copy@example.org", "hidden@example.org"],
    ]);
    const { header, text, html } = await readMail(store.mails[0]?.raw ?? "");
    expect([header("to"), header("cc"), header("reply-to"), header("bcc")]).toEqual([
      "Ops Team <ops@example.org>, lead@example.org",
      "copy@example.org",
      "Zoë <zoe@example.org>",
      undefined,
    ]);
    expect([text?.trim(), html?.trim()]).toEqual(["<b>&\"'</b>", "<h1>&#60;b&#62;&#38;&#34;&#39;&#60;/b&#62;</h1>"]);
  });

  it("send to the members of groups, whose ids may contain templates", async () => {
    const store = await startStore({
      recipients: ["/buckets/{bucket_id}/groups/{new.team}-team", "/buckets/b/groups/missing", "{new.email}"],
    });
    const members = [
      "mailto:ada@example.org",
      "ldap:bob@example.org",
      "carol@example.org",
      "basicauth:abc",
      "accounts:x\r\ny@example.org",
    ];
    await store.put("/buckets/b/groups/sea-team", { data: { members } });
    await store.put("/buckets/b/groups/secret", { data: { members: ["mailto:secret@example.org"] } });
    await store.put(`${NOTES}/records/r1`, { data: { team: "sea", email: "dan@example.org" } });
    await store.drain();
    for (const team of ["../secret", "x/y", "secret/..", "", null, ["sea"], "{new.team}"])
      await store.post(`${NOTES}/records`, { data: { team, email: "dan@example.org" } });
    await store.post(`${NOTES}/records`, { data: { team: "none", email: "/buckets/b/groups/secret" } });
    await store.drain();

    expect(store.mails[0]?.to).toEqual(["ada@example.org", "bob@example.org", "carol@example.org", "dan@example.org"]);
    expect(store.mails.slice(1).map(({ to }) => to)).toEqual(Array.from({ length: 7 }, () => ["dan@example.org"]));
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });

  it("send to a large group in mails of 50, at most 500 recipients, and log the excess", async () => {
    const store = await startStore({ recipients: ["/buckets/b/groups/{record_id}"] });
    const members = Array.from({ length: 510 }, (_, n) => `mailto:m${n}@example.org`);
    await store.put("/buckets/b/groups/some", { data: { members: members.slice(0, 70) } });
    await store.put("/buckets/b/groups/all", { data: { members } });
    await store.put(`${NOTES}/records/some`, { data: {} });
    await store.drain();
    expect(store.mails.map(({ to }) => to.length)).toEqual([50, 20]);
    expect(new Set(store.mails.flatMap(({ to }) => to)).size).toBe(70);

    await store.put(`${NOTES}/records/all`, { data: {} });
    await store.drain();
    expect(store.mails.slice(2).map(({ to }) => to.length)).toEqual(Array.from({ length: 10 }, () => 50));
    expect(store.logLines.filter((line) => line.includes("A mail has too many recipients"))).toHaveLength(1);
  });

  it("deploy only the permissions and parts that the options need", () => {
    const read = (options: object) =>
      readConfig({ plugins: [email({ ...FROM, ...options } as EmailOptions)] }).plugins[0];
    const simple = read({ recipients: ["ops@example.org"] });
    expect([simple?.needs.data, simple?.schedules, simple?.hooks.before, simple?.listeners.notify]).toMatchObject([
      { permissions: { read: [] } },
      {},
      {},
      { on: ["record.create"], where: undefined, buckets: undefined },
    ]);
    const groups = read({
      recipients: ["/buckets/b/groups/g", "/buckets/{bucket_id}/groups/{collection_id}-x"],
      buckets: ["b"],
      where: { new: { a: [1] } },
    });
    expect(groups).toMatchObject({
      needs: { data: { permissions: { read: ["/buckets/b/groups/g", "/buckets/*/groups/*"] } } },
      listeners: { notify: { buckets: ["b"], where: { new: { a: [1] } } } },
    });
    const some = read({
      collectionHooks: { buckets: ["b", "c"] },
      hooks: [{ recipients: ["/buckets/d/groups/g"], buckets: ["d*"] }],
    });
    expect(some).toMatchObject({
      needs: { data: { permissions: { read: ["/buckets/b", "/buckets/c", "/buckets/d/groups/g"] } } },
      listeners: { notify: { buckets: ["d*", "b", "c"], collections: undefined } },
    });
    const all = read({ collectionHooks: true, hooks: [{ recipients: ["a@example.org"], digest: { minutes: 5 } }] });
    expect([
      Object.keys(all?.schedules ?? {}),
      Object.keys(all?.hooks.before ?? {}),
      all?.listeners.notify?.on.length,
    ]).toEqual([["digest"], ["check"], 6]);
  });

  it.each([
    [{ recipients: ["a@example.org\r\nBcc: b@example.org"] }, "recipients.0"],
    [{ recipients: ["{new.email}, b@example.org"] }, "recipients.0"],
    [{ recipients: ["/buckets/b/groups/g/x"] }, "recipients.0"],
    [{ recipients: ["a@example.org"], cc: ["invalid"] }, "cc.0"],
    [{}, "recipients: is missing. Set recipients, hooks or collectionHooks"],
    [
      {
        hooks: [
          { id: "x", recipients: ["a@example.org"] },
          { id: "x", recipients: ["b@example.org"] },
        ],
      },
      "hooks: must not have two hooks with the same id",
    ],
    [{ recipients: ["a@example.org"], digest: { minutes: 0 } }, "digest.minutes"],
    [{ recipients: ["a@example.org"], via: { host: "h", username: "u" } }, "via"],
    [
      {
        recipients: ["a@example.org"],
        via: { host: "h", security: "none", username: "u", password: { parameter: "p" } },
      },
      "via",
    ],
    [{ recipients: ["a@example.org"], via: { host: "h", username: "u", password: { parameter: "p*" } } }, "via"],
    [{ recipients: ["a@example.org"], where: { new: { a: [{ prefxi: "x" }] } } }, "listeners.notify.where"],
  ])("are rejected if invalid: %j", (options, message) => {
    expect(() => readConfig({ plugins: [email({ ...FROM, ...options } as EmailOptions)] })).toThrow(message);
  });
});

describe("email › command test", () => {
  it("sends a mail from the configured sender, and rejects an invalid address", async () => {
    const store = await startStore({ recipients: ["ops@example.org"] });

    expect(await store.runCommand("email", "test", { to: "ada@example.org" })).toEqual([
      "Sent a mail to ada@example.org.",
    ]);
    expect(store.mails).toMatchObject([
      { from: "store@example.org", to: ["ada@example.org"], subject: "A test of Kintoun" },
    ]);
    await expect(store.runCommand("email", "test", { to: "a@example.org, b@example.org" })).rejects.toThrow(
      "is not one address",
    );
  });
});

describe("email › refusals of the mail server", () => {
  const startWithServer = async (refuse: Record<string, number>, options: Omit<EmailOptions, "from">) => {
    const smtp = await startSmtp({ refuse });
    const storeOptions: Parameters<typeof startTestStore>[0] = {
      plugins: [email({ ...FROM, ...options } as EmailOptions)],
      retryAfter: () => 0,
    };
    store = await startTestStore(storeOptions);
    // Replaces the embedded cloud's mailbox by a server.
    for (const { app: around } of store.cloud.opened)
      Object.assign(around.cloud, {
        mail: { sink: { host: "localhost", port: smtp.port, security: "none" }, sendsSmtp: false },
      });
    await store.put("/buckets/b");
    await store.put(NOTES);
    return { smtp, store };
  };

  it("logs one refused recipient and sends the mail to the others", async () => {
    const { smtp, store } = await startWithServer(
      { "gone@example.org": 550 },
      { recipients: ["ops@example.org", "gone@example.org"] },
    );
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
    expect(
      store.logLines.filter(
        (line) => line.includes("The mail server refused a recipient permanently") && line.includes("gone@example.org"),
      ),
    ).toHaveLength(1);
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });

  it("logs a recipient that is refused temporarily and then permanently", async () => {
    const refuse: Record<string, number> = { "busy@example.org": 450 };
    const { smtp, store } = await startWithServer(refuse, { recipients: ["ops@example.org", "busy@example.org"] });
    smtp.after("busy@example.org", () => Object.assign(refuse, { "busy@example.org": 550 }));
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
    expect(
      store.logLines.filter(
        (line) => line.includes("The mail server refused a recipient permanently") && line.includes("busy@example.org"),
      ),
    ).toHaveLength(1);
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });

  it.each([
    ["some recipients", ["ops@example.org"]],
    ["no recipient", []],
  ])("neither asks nor logs a permanently refused recipient again when it accepts %s", async (_, accepted) => {
    const refuse: Record<string, number> = { "gone@example.org": 550, "busy@example.org": 450 };
    const { smtp, store } = await startWithServer(refuse, {
      recipients: [...accepted, "gone@example.org", "busy@example.org"],
    });
    let asked = 0;
    smtp.after("gone@example.org", () => {
      asked += 1;
    });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    const refused = (text: string) =>
      store.logLines.filter((line) => line.includes(text) && line.includes("gone@example.org")).length;
    expect([asked, refused("The mail server refused a recipient permanently"), refused("temporarily")]).toEqual([
      1, 1, 0,
    ]);
    expect(await store.deadLetterCount("email-notify")).toBe(1);
  });

  it("dead-letters the event once if all recipients of a large group are refused", async () => {
    const members = Array.from({ length: 60 }, (_, n) => `mailto:m${n}@example.org`);
    const { smtp, store } = await startWithServer(
      Object.fromEntries(members.map((member) => [member.slice("mailto:".length), 550])),
      {
        recipients: ["/buckets/b/groups/g"],
      },
    );
    await store.put("/buckets/b/groups/g", { data: { members } });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect([
      await store.deadLetterCount("email-notify"),
      store.logLines.filter((line) => line.includes("The mail server refused a recipient permanently")).length,
    ]).toEqual([1, 0]);
  });

  it("sends to the rest of a large group if the first 50 are refused temporarily", async () => {
    const members = Array.from({ length: 60 }, (_, n) => `m${n}@example.org`);
    const { smtp, store } = await startWithServer(
      Object.fromEntries(members.slice(0, 50).map((member) => [member, 450])),
      {
        recipients: ["/buckets/b/groups/g"],
      },
    );
    await store.put("/buckets/b/groups/g", { data: { members: members.map((member) => `mailto:${member}`) } });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([members.slice(50)]);
    expect(await store.deadLetterCount("email-notify")).toBe(1);
  });

  it("retries a hook in metadata without using up its quota", async () => {
    const { smtp, store } = await startWithServer(
      { "busy@example.org": 450 },
      { collectionHooks: { recipientsPerHour: 2 } },
    );
    const hooks = [{ template: "", resource_name: "record", recipients: ["busy@example.org"] }];
    await store.patch(NOTES, { data: { "kinto-emailer": { hooks } } });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(await store.deadLetterCount("email-notify")).toBe(1);
  });

  it("dead-letters a permanent refusal at once, and sends the mails of other hooks once", async () => {
    const { smtp, store } = await startWithServer(
      { "gone@example.org": 550 },
      { recipients: ["ops@example.org"], hooks: [{ recipients: ["gone@example.org"] }] },
    );
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
    expect(await store.deadLetterCount("email-notify")).toBe(1);
    expect(store.logLines.filter((line) => line.includes("The listener failed"))).toHaveLength(1);
  });

  it("retries a temporary refusal only for the refused recipients", async () => {
    const refuse: Record<string, number> = { "busy@example.org": 450 };
    const { smtp, store } = await startWithServer(refuse, {
      recipients: ["ops@example.org", "busy@example.org"],
      hooks: [{ recipients: ["other@example.org"] }],
    });
    smtp.after("busy@example.org", () => delete refuse["busy@example.org"]);
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to).toSorted()).toEqual([
      ["busy@example.org"],
      ["ops@example.org"],
      ["other@example.org"],
    ]);
    const ids = smtp.mails
      .filter(({ to }) => !to.includes("other@example.org"))
      .map(({ fields }) => fields["Message-ID"]);
    expect(new Set(ids).size).toBe(1);
  });
});

describe("email › values of an event", () => {
  it("add no header, recipient or part to a mail", async () => {
    const store = await startStore({
      recipients: ["ops@example.org", "{new.name} <{new.email}>", "/buckets/b/groups/{new.group}"],
      replyTo: ["{new.email}"],
      subject: "{new.title}",
      text: "Title: {new.title}",
      html: "<p>{new.title}</p>",
    });
    const evil = fc.constantFrom(
      "\r\n",
      "\n",
      "\r",
      "Bcc: evil@example.com",
      "\r\n\r\n",
      ",",
      ";",
      "<evil@example.com>",
      "evil@example.com",
      "{new.title}",
      "\u2028",
      '"',
      "--",
      "=?utf-8?Q?=0D=0A?=",
      "</p>",
      "<script>",
      "a",
    );
    const value = fc
      .array(fc.oneof(evil, fc.string({ unit: codePoint, maxLength: 5 })), { maxLength: 6 })
      .map((parts) => parts.join("").toWellFormed());
    const data = fc.record({ title: value, name: value, email: value, group: value });
    const samples = fc.sample(data, { numRuns: 120, seed: 7 });
    for (const data of samples) expect((await store.post(`${NOTES}/records`, { data })).status).toBe(201);
    await store.drain();

    expect(await store.deadLetterCount("email-notify")).toBe(0);
    expect(store.mails).toHaveLength(samples.length);
    const known = [
      "from",
      "to",
      "reply-to",
      "subject",
      "message-id",
      "auto-submitted",
      "x-kintoun-mail",
      "content-type",
      "date",
      "mime-version",
      "content-transfer-encoding",
    ];
    for (const { raw, to } of store.mails) {
      const { names, parts, html } = await readMail(raw);
      expect(names.filter((name) => !known.includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      expect(to.length).toBeLessThanOrEqual(2);
      expect(to.filter((address) => !/^[!-~]+@[\w.-]+$/.test(address))).toEqual([]);
      expect(parts).toBe(2);
      expect(html?.replace(/^<p>|<\/p>\s*$/g, "")).not.toMatch(/[<>"']/);
    }
  });
});
