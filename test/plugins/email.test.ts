import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { fillTemplate } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import PostalMime, { type Email } from "postal-mime";
import { email } from "../../plugins/email/index.ts";
import fc, { codePoint } from "../fast-check.ts";

describe("fillTemplate", () => {
  const event = {
    action: "create",
    user_id: "basicauth:1",
    timestamp: 5,
    new: {
      title: "Hi",
      empty: "",
      zero: 0,
      no: false,
      nothing: null,
      deep: { er: [{ name: "x" }, 2] },
      "a-b": 1,
      "with.dot": 2,
      evil: "{user_id}",
      length: "own",
    },
  };

  it.each([
    ["{user_id}: {action}d at {timestamp}", "basicauth:1: created at 5"],
    ["{new.title}{new.title}", "HiHi"],
    ["[{new.empty}] [{new.zero}] [{new.no}] [{new.nothing}]", "[] [0] [false] []"],
    ["{new.deep.er.0.name} {new.deep.er.1} {new.a-b} {new.length}", "x 2 1 own"],
    ["{new.deep} {new.deep.er}", '{"er":[{"name":"x"},2]} [{"name":"x"},2]'],
    ["[{new.missing}] [{missing}] [{missing.more}] [{new.title.length}] [{new.title.0}]", "[] [] [] [] []"],
    ["[{.}] [{..}] [{new.}] [{.new}] [{new..title}]", "[] [] [] [] []"],
    ["{new[title]} {new[deep][er][0][name]} {new.deep[er].1} [{new[]}] [{[new]}] [{new[title}]", "Hi x 2 [] [] []"],
    ["{new.evil}", "{user_id}"],
    ["{{user_id}} {} { user_id } {new title} {user_id", "{basicauth:1} {} { user_id } {new title} {user_id"],
    ["$& $1 $$ {new.title}", "$& $1 $$ Hi"],
  ])("replaces placeholders by values of the event: %s", (template, text) => {
    expect(fillTemplate(template, event)).toBe(text);
  });

  it.each([
    "constructor",
    "__proto__",
    "__proto__.x",
    "constructor.name",
    "toString",
    "hasOwnProperty",
    "new.constructor",
    "new.__proto__.constructor.name",
    "new.deep.er.map",
    "new.title.constructor",
  ])("finds no inherited properties: {%s}", (path) => {
    expect(fillTemplate(`[{${path}}]`, event)).toBe("[]");
  });

  it("finds own properties with such names", () => {
    expect(
      fillTemplate("{new.__proto__.x} {new.constructor}", { new: JSON.parse('{"__proto__":{"x":1},"constructor":2}') }),
    ).toBe("1 2");
  });

  it("limits the length of values, however often it repeats them", () => {
    const text = fillTemplate("{new} ".repeat(16_000), { new: { title: "x".repeat(300_000) } });
    expect(text.length).toBeLessThan(550_000);
    expect(text.slice(10_000, 10_015)).toBe('… {"title":"xxx');
  });

  it("keeps characters of long values whole", () => {
    expect(fillTemplate("{new.title}", { new: { title: `${"x".repeat(9998)}👩\u200d💻!` } })).toBe(
      `${"x".repeat(9998)}…`,
    );
  });

  it("does not expand placeholders in values", () => {
    const value = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.constantFrom("{user_id}", "$&", "$1", "$`", "{new.title}{new.title}"),
    );
    fc.assert(
      fc.property(value, (title) =>
        expect(fillTemplate("<{new.title}>", { user_id: "u", new: { title } })).toBe(`<${title}>`),
      ),
    );
  });
});

describe("email › mail about a record", () => {
  const RECIPIENTS = ["ops@example.org", "lead@example.org", "third@example.org"];
  let store: TestStore;
  beforeAll(async () => {
    const options = {
      from: "store@example.org",
      recipients: RECIPIENTS,
      subject: "{resource_name} {new.title}",
      text: "{user_id} wrote {new.text} in {uri}",
      buckets: ["b"],
      collections: ["c", "d"],
    };
    store = await startTestStore({ plugins: [email(options)] });
    for (const bucket of ["b", "elsewhere"]) {
      await store.put(`/buckets/${bucket}`);
      for (const collection of ["c", "d", "other"]) await store.put(`/buckets/${bucket}/collections/${collection}`);
    }
  });
  afterAll(() => store.close());

  let count = 0;
  /** Creates a record and returns the mail about it. */
  const mailAbout = async (data: object) => {
    const before = store.mails.length;
    const { status } = await store.put(`/buckets/b/collections/c/records/r${count++}`, { data });
    expect(status).toBe(201);
    await store.drain();
    expect(store.mails.length).toBe(before + 1);
    const mail = store.mails[before] as TestStore["mails"][number];
    const [header = ""] = mail.raw.split("\r\n\r\n", 1);
    /** The unfolded lines of the header. */
    const fields = header.replace(/\r\n[ \t]+/g, " ").split("\r\n");
    return { ...mail, fields, names: fields.map((line) => line.split(":")[0]).toSorted() };
  };

  it("goes to all recipients with the filled subject and text", async () => {
    const { from, to, subject, raw } = await mailAbout({ title: "One", text: "a text" });

    expect([from, to, subject]).toEqual(["store@example.org", RECIPIENTS, "record One"]);
    expect(raw.replace(/=\r\n/g, "")).toContain(`testuser:alice wrote a text in /buckets/b/collections/c/records/r`);
    expect(store.mails.every(({ to: each }) => each.length === 3)).toBe(true);
  });

  it.each([
    ["a header", "x\r\nBcc: evil@example.com"],
    ["a header after a line feed", "x\nBcc: evil@example.com"],
    ["a header after a carriage return", "x\rBcc: evil@example.com"],
    ["a body", "x\r\n\r\nevil body"],
    ["a recipient", "x\r\nTo: evil@example.com\r\nCc: evil@example.com"],
    ["an end of the message", "x\r\n.\r\nRCPT TO:<evil@example.com>\r\n"],
    [
      "other line ends",
      "x\u2028Bcc: evil@example.com\u2029Cc: evil@example.com\u0085Bcc: evil@example.com\u000bBcc: evil@example.com\fBcc: evil@example.com",
    ],
    ["an encoded line end", "=?utf-8?Q?x=0D=0ABcc:_evil@example.com?="],
    ["NUL and escape", "x\0\u001b[2J\u007f"],
  ])("gets only a subject from a record that injects %s", async (_, title) => {
    const plain = await mailAbout({ title: "plain", text: "" });
    const { names, fields, to, from } = await mailAbout({ title, text: "" });

    expect(names.filter((name) => name !== "Content-Transfer-Encoding")).toEqual(
      plain.names.filter((name) => name !== "Content-Transfer-Encoding"),
    );
    expect([from, to]).toEqual(["store@example.org", RECIPIENTS]);
    expect(fields.find((line) => line.startsWith("To: "))).toBe(`To: ${RECIPIENTS.join(", ")}`);
    expect(fields.filter((line) => /^(Bcc|Cc|RCPT)/i.test(line))).toEqual([]);
  });

  it.each([
    ["several lines", "one\r\n\r\ntwo"],
    ["lone dots", "a\r\n.\r\nRCPT TO:<evil@example.com>\r\n..\r\n"],
    ["what looks like a file", "file:///etc/passwd"],
    ["every kind of character", "海 🐙 \u0000 \ufffe \u202e"],
    ["nothing", undefined],
    ["an object", { path: "/etc/passwd", href: "http://localhost/" }],
  ])("has any value of the record as text: %s", async (_, text) => {
    const { to, names } = await mailAbout({ title: "t", ...(text !== undefined && { text }) });

    expect(to).toEqual(RECIPIENTS);
    expect(names).not.toContain("Bcc");
  });

  it("has a subject of one line for any title", async () => {
    const { subject, to } = await mailAbout({ title: "long ".repeat(10_000), text: "" });

    expect(subject.length).toBeLessThan(1000);
    expect(to).toEqual(RECIPIENTS);
    await mailAbout({ title: "\ud83d\n\ude00".repeat(200), text: "" });
  });

  it("has a subject that readers see as the record has it", async () => {
    const { subject, fields } = await mailAbout({ title: "=?UTF-8?B?ZXZpbA==?=", text: "" });

    expect(subject).toBe("record =\u2060?UTF-8?B?ZXZpbA==?=");
    expect(fields.join()).not.toContain("ZXZpbA==");
  });

  it("is sent only for created records in the configured buckets and collections", async () => {
    const before = store.mails.length;
    await store.put("/buckets/elsewhere/collections/c/records/x", { data: { title: "elsewhere" } });
    await store.put("/buckets/b/collections/other/records/x", { data: { title: "other" } });
    await store.put("/buckets/b/collections/d/records/x", { data: { title: "matching" } });
    await store.put("/buckets/b/collections/d/records/x", { data: { title: "changed" } });
    await store.patch("/buckets/b/collections/d/records/x", { data: { title: "patched" } });
    await store.delete("/buckets/b/collections/d/records/x");
    await store.drain();

    expect(store.mails.slice(before).map(({ subject }) => subject)).toEqual(["record matching"]);
    expect(await store.deadLetterCount("email-notify")).toBe(0);
  });
});

describe("email › display names", () => {
  const ADDRESS = "ada@example.org";
  let store: TestStore;
  beforeAll(async () => {
    const recipients = ["{new.name} <{new.email}>"];
    store = await startTestStore({ plugins: [email({ from: "store@example.org", recipients })] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
  });
  afterAll(() => store.close());

  const mailTo = async (data: object): Promise<Email | undefined> => {
    const before = store.mails.length;
    await store.post("/buckets/b/collections/c/records", { data });
    await store.drain();
    const mail = store.mails[before];
    return mail && PostalMime.parse(mail.raw);
  };

  it.each([
    ["Ada Lovelace", "Ada Lovelace"],
    ['Dwayne "The Rock" Johnson', 'Dwayne "The Rock" Johnson'],
    ["Bob <3", "Bob <3"],
    ["Bob <bob@example.org>", "Bob <bob@example.org>"],
    ["back\\slash", "back\\slash"],
    ["Lovelace, Ada; (Countess) @home", "Lovelace, Ada; (Countess) @home"],
    ["علی\u200cرضا", "علی\u200cرضا"],
    ["क्\u200dष राम", "क्\u200dष राम"],
    ["Ada 👩\u200d💻", "Ada 👩\u200d💻"],
    ["soft\u00adhyphen\u200b", "soft\u00adhyphen\u200b"],
    ["two\nlines\r\nBcc: evil@example.com", "two lines Bcc: evil@example.com"],
    ["\u202egro.live@ada\u202c", "gro.live@ada"],
    [`${"a".repeat(99)}👩\u200d💻`, "a".repeat(99)],
    ["n".repeat(5000), "n".repeat(100)],
    ["\ud800 Ada", "Ada"],
    ["", ""],
    [["a", "list"], '["a","list"]'],
  ])("never cost their owner the mail: %j", async (name, shown) => {
    const mail = await mailTo({ name, email: ADDRESS });

    expect(mail?.to).toEqual([{ name: shown, address: ADDRESS }]);
    expect(mail?.headers.filter(({ key }) => /^(bcc|cc)$/.test(key))).toEqual([]);
  });

  it.each([
    "ada@example.org, eve@example.org",
    "ada@example.org> <eve@example.org",
    "ada@example.org>, <eve@example.org",
    "",
  ])("do not make an address of %j", async (address) => {
    expect(await mailTo({ name: "Ada", email: address })).toBeUndefined();
  });

  it("are those of the template, where the address has one too", async () => {
    expect((await mailTo({ name: "Ada", email: `"Countess" <${ADDRESS}>` }))?.to).toEqual([
      { name: "Ada", address: ADDRESS },
    ]);
  });
});
