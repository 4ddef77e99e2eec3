import { afterEach, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";
import { readMail } from "../../local/read-mail.ts";
import { email } from "../../plugins/email/index.ts";
import { startSmtp } from "../adapters/mail/real-smtp.ts";
import fc from "../fast-check.ts";

type Given = Parameters<typeof email>[0];
const FROM = { from: "Store <store@example.org>" };
const NOTES = "/buckets/b/collections/notes";

let store: TestStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const started = async (given: Omit<Given, "from">, more: Parameters<typeof startTestStore>[0] = {}) => {
  store = await startTestStore({ plugins: [email({ ...FROM, ...given } as Given)], retryAfter: () => 0, ...more });
  await store.put("/buckets/b");
  await store.put(NOTES);
  return store;
};

const shown = ({ mails }: TestStore) => mails.map(({ to, subject }) => [subject, ...to]);

describe("hooks in the options", () => {
  it("are set up at the start, which the log tells", async () => {
    const store = await started({ recipients: ["ops@example.org"] });

    expect(
      store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "Setting up 'email' listener"),
    ).toHaveLength(1);
  });

  it("each hear their own events, and say it in their own words", async () => {
    const store = await started({
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

    expect(shown(store)).toEqual([
      ["new r", "ops@example.org"],
      ["done r", "done@example.org"],
      [`delete ${NOTES}/records/r`, "both@example.org"],
      ["create /buckets/b/groups/g", "both@example.org"],
    ]);
  });

  it("mail several at once, in copy, hidden, and with others to answer to", async () => {
    const store = await started({
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

  it("mail groups, whose members are addresses, and whose name the event may give", async () => {
    const store = await started({
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

  it("mail a large group in mails of fifty, five hundred at most, and tell the log of the others", async () => {
    const store = await started({ recipients: ["/buckets/b/groups/{record_id}"] });
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

  it("state no more than they use: groups to read, and what digests and collections' hooks take", () => {
    const read = (given: object) => readConfig({ plugins: [email({ ...FROM, ...given } as Given)] }).plugins[0];
    const plain = read({ recipients: ["ops@example.org"] });
    expect([plain?.needs.data, plain?.schedules, plain?.hooks.before, plain?.listeners.notify]).toMatchObject([
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
    [{ recipients: ["a@example.org"], cc: ["nobody"] }, "cc.0"],
    [{}, "recipients: Nobody would get a mail: give recipients, hooks or collectionHooks"],
    [
      {
        hooks: [
          { id: "x", recipients: ["a@example.org"] },
          { id: "x", recipients: ["b@example.org"] },
        ],
      },
      "hooks: Each hook has an id of its own",
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
  ])("are refused where they can't be meant: %j", (given, told) => {
    expect(() => readConfig({ plugins: [email({ ...FROM, ...given } as Given)] })).toThrow(told);
  });
});

describe("the command test", () => {
  it("mails somebody, in the sender's name, and tells what is wrong with an address", async () => {
    const store = await started({ recipients: ["ops@example.org"] });

    expect(await store.runCommand("email", "test", { to: "ada@example.org" })).toEqual([
      "The mail for ada@example.org was handed over.",
    ]);
    expect(store.mails).toMatchObject([
      { from: "store@example.org", to: ["ada@example.org"], subject: "A test of Kintoun" },
    ]);
    await expect(store.runCommand("email", "test", { to: "a@example.org, b@example.org" })).rejects.toThrow(
      "is not one address",
    );
  });
});

describe("a mail server that refuses", () => {
  const sent = async (refuse: Record<string, number>, given: Omit<Given, "from">) => {
    const smtp = await startSmtp({ refuse });
    const opened: Parameters<typeof startTestStore>[0] = {
      plugins: [email({ ...FROM, ...given } as Given)],
      retryAfter: () => 0,
    };
    store = await startTestStore(opened);
    // The embedded cloud catches all mail: here it is to reach a server.
    for (const { app: around } of store.cloud.opened)
      Object.assign(around.cloud, { mail: { host: "localhost", port: smtp.port, security: "none" } });
    await store.put("/buckets/b");
    await store.put(NOTES);
    return { smtp, store };
  };

  it("one recipient is told to the log, and the others have their mail", async () => {
    const { smtp, store } = await sent(
      { "gone@example.org": 550 },
      { recipients: ["ops@example.org", "gone@example.org"] },
    );
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
    expect(
      store.logLines.filter(
        (line) => line.includes("A recipient is refused for good") && line.includes("gone@example.org"),
      ),
    ).toHaveLength(1);
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });

  it("one recipient for good who was refused for now before is told to the log too", async () => {
    const refuse: Record<string, number> = { "busy@example.org": 450 };
    const { smtp, store } = await sent(refuse, { recipients: ["ops@example.org", "busy@example.org"] });
    smtp.after("busy@example.org", () => Object.assign(refuse, { "busy@example.org": 550 }));
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([["ops@example.org"]]);
    expect(
      store.logLines.filter(
        (line) => line.includes("A recipient is refused for good") && line.includes("busy@example.org"),
      ),
    ).toHaveLength(1);
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });

  it("everybody of a large group has all of it parked, to be sent whole once it is redriven", async () => {
    const members = Array.from({ length: 60 }, (_, n) => `mailto:m${n}@example.org`);
    const { smtp, store } = await sent(
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
      store.logLines.filter((line) => line.includes("A recipient is refused for good")).length,
    ]).toEqual([1, 0]);
  });

  it("the first fifty for now holds up no others of a large group", async () => {
    const members = Array.from({ length: 60 }, (_, n) => `m${n}@example.org`);
    const { smtp, store } = await sent(Object.fromEntries(members.slice(0, 50).map((member) => [member, 450])), {
      recipients: ["/buckets/b/groups/g"],
    });
    await store.put("/buckets/b/groups/g", { data: { members: members.map((member) => `mailto:${member}`) } });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(smtp.mails.map(({ to }) => to)).toEqual([members.slice(50)]);
    expect(await store.deadLetterCount("email-notify")).toBe(1);
  });

  it("a collection's mail for now has it tried again, however few its hooks may mail", async () => {
    const { smtp, store } = await sent({ "busy@example.org": 450 }, { collectionHooks: { recipientsPerHour: 2 } });
    const hooks = [{ template: "", resource_name: "record", recipients: ["busy@example.org"] }];
    await store.patch(NOTES, { data: { "kinto-emailer": { hooks } } });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    await smtp.stop();

    expect(await store.deadLetterCount("email-notify")).toBe(1);
  });

  it("everybody has the mail parked at once, and what others were to get sent once", async () => {
    const { smtp, store } = await sent(
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

  it("some for now gets the mail again for those alone", async () => {
    const refuse: Record<string, number> = { "busy@example.org": 450 };
    const { smtp, store } = await sent(refuse, {
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

describe("no value of an event", () => {
  it("adds a header, a recipient or a part to a mail", async () => {
    const store = await started({
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
      .array(fc.oneof(evil, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 6 })
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
