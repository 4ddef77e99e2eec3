import { afterEach, describe, expect, it } from "@jest/globals";
import { MailRefusedError } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readMail } from "../../local/read-mail.ts";
import { openDigests } from "../../plugins/email/digests.ts";
import { email } from "../../plugins/email/index.ts";
import type { Services } from "../../plugins/email/notify.ts";
import { options } from "../../plugins/email/options.ts";

const NOTES = "/buckets/b/collections/notes";
const MINUTE = 60_000;

let store: TestStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const started = async (digest: object, recipients = ["ops@example.org"]) => {
  store = await startTestStore({
    plugins: [
      email({
        from: "store@example.org",
        recipients,
        on: ["record.create", "record.update"],
        digest: { minutes: 10, ...digest },
      }),
    ],
    retryAfter: () => 0,
  });
  store.clock.set("2030-01-01T00:00:30Z");
  await store.put("/buckets/b");
  await store.put(NOTES);
  return store;
};

const note = (store: TestStore, id: string, data: object = {}) => store.put(`${NOTES}/records/${id}`, { data });

/** Lets minutes go by, one after the other, as a clock does. */
const pass = async (store: TestStore, minutes: number) => {
  for (let minute = 0; minute < minutes; minute++) {
    store.clock.advance(MINUTE);
    await store.drain();
  }
};

const services = async (store: TestStore) => (await store.getServices("email", "notify")) as Services;

describe("a digest", () => {
  it("tells in one mail what happened in its time, and in the next what happened then", async () => {
    const store = await started({
      subject: "{count} in {hook}",
      entry: "{action} {id}: {new.title}",
      text: "News:\n{entries}\n",
      html: "<h1>{count}</h1>{entries}",
    });
    for (const id of ["a", "b", "c"]) await note(store, id, { title: `<${id}>\r\nx` });
    await pass(store, 5);
    await note(store, "a", { title: "again" });
    await pass(store, 4);
    expect(store.mails).toEqual([]);

    await pass(store, 3);
    expect(store.mails.map(({ subject, to }) => [subject, ...to])).toEqual([["4 in options", "ops@example.org"]]);
    const { text, html } = await readMail(store.mails[0]?.raw ?? "");
    expect(text?.replace(/\r\n/g, "\n").trim()).toBe(
      "News:\ncreate a: <a> x\ncreate b: <b> x\ncreate c: <c> x\nupdate a: again",
    );
    expect(html?.trim()).toBe(
      "<h1>4</h1><ul><li>create a: &#60;a&#62; x</li><li>create b: &#60;b&#62; x</li><li>create c: &#60;c&#62; x</li><li>update a: again</li></ul>",
    );

    await note(store, "d", { title: "later" });
    await pass(store, 12);
    expect(store.mails.map(({ subject }) => subject)).toEqual(["4 in options", "1 in options"]);
    await pass(store, 12);
    expect(store.mails).toHaveLength(2);
  });

  it("is each recipient's own where the event says who that is", async () => {
    const store = await started({}, ["{new.email}"]);
    for (const [id, email] of [
      ["a", "ada@example.org"],
      ["b", "bob@example.org"],
      ["c", "ada@example.org"],
    ] as const)
      await note(store, id, { email });
    await pass(store, 12);

    expect(store.mails.map(({ to, subject }) => [...to, subject]).toSorted()).toEqual([
      ["ada@example.org", "2 changes"],
      ["bob@example.org", "1 changes"],
    ]);
  });

  it("lists five hundred, however long their lines, and counts up to two thousand", async () => {
    const store = await started({});
    const { digests } = await services(store);
    const digest = { minutes: 10, subject: "", entry: "{n} {long}", text: "" };
    const recipients = { to: ["ops@example.org"], cc: [], bcc: [], replyTo: [] };
    const note = (n: number) =>
      digests.note("options", digest, recipients, {
        id: String(n),
        timestamp: n,
        values: { n, long: "long ".repeat(60).trim() },
      });
    for (let n = 0; n < 2010; n += 30) await Promise.all(Array.from({ length: 30 }, (_, more) => note(n + more)));
    await pass(store, 12);

    expect(store.mails.map(({ subject }) => subject)).toEqual(["2000 changes"]);
    const lines = (await readMail(store.mails[0]?.raw ?? "")).text?.trim().split(/\r?\n/) ?? [];
    expect([lines.length, lines[499]?.slice(0, 8), lines[500]]).toEqual([501, "499 long", "… and 1500 more"]);
    await pass(store, 12);
    expect(store.mails.map(({ subject }) => subject)).toEqual(["2000 changes", "10 changes"]);
    await pass(store, 12);
    expect(store.mails).toHaveLength(2);
  });

  /** Digests beside those of the store, whose clock stands still; in what they stand on something may be broken. */
  const beside = async (broken: Partial<Services> = {}) => {
    const { mailer, state } = await services(await started({}));
    const { log } = (store as TestStore).cloud.options;
    if (log === undefined) throw new Error("The store has no log");
    let time = Date.parse("2030-01-01T00:00:00Z");
    const config = options.parse({
      from: "store@example.org",
      recipients: ["ops@example.org"],
      digest: { minutes: 10 },
    });
    const open = (parts: Partial<Services>, given = config) =>
      openDigests({ mailer, state, now: () => time, ...parts }, given);
    const due = (parts: Partial<Services> = broken) => open(parts).sendDue(log, new AbortController().signal);
    const recipients = { to: ["ops@example.org"], cc: [], bcc: [], replyTo: [] };
    return {
      due,
      later: (minutes: number) => {
        time += minutes * MINUTE;
      },
      note: (id: string) =>
        open({}).note("options", { minutes: 10, subject: "", entry: "{id}", text: "" }, recipients, {
          id,
          timestamp: id.charCodeAt(0),
          values: { id },
        }),
      /** Lets a worker go to work that ends where something is asked of a part. */
      endIn: async (part: "mailer" | "state") => {
        const ended = Promise.withResolvers<void>();
        const never = () => {
          ended.resolve();
          return new Promise<never>(() => undefined);
        };
        void due(part === "mailer" ? { mailer: { ...mailer, send: never } } : { state: { ...state, delete: never } });
        await ended.promise;
      },
      /** What a worker does whose options have no digest any more. */
      sendLeft: () =>
        open({}, options.parse({ from: "store@example.org", recipients: ["ops@example.org"] })).sendLeft(
          log,
          new AbortController().signal,
        ),
      told: () =>
        Promise.all(
          (store as TestStore).mails.map(async ({ raw }) => (await readMail(raw)).text?.trim().split(/\r?\n/)),
        ),
    };
  };

  it("is sent once by workers that are at it at the same time", async () => {
    const { due, later, note, told } = await beside();
    for (const id of ["a", "b"]) await note(id);
    await Promise.all([due(), due()]);
    later(10);
    await Promise.all([due(), due(), due(), due()]);
    later(1);
    await due();

    expect(await told()).toEqual([["a", "b"]]);
  });

  it("loses nothing when its worker ends before the mail is sent, and repeats nothing when it ends after", async () => {
    const { due, later, note, endIn, told } = await beside();
    await note("a");
    await due();
    later(10);
    await endIn("mailer");
    await note("b");
    later(1);
    await due();
    expect(await told()).toEqual([]);

    // The lease of the one that ended is over: another sends the mail, and ends before it has noted that.
    later(2);
    await endIn("state");
    expect(await told()).toEqual([["a"]]);
    await note("c");
    later(3);
    await due();
    expect(await told()).toEqual([["a"]]);

    await due();
    later(10);
    await due();
    expect(await told()).toEqual([["a"], ["b", "c"]]);
    later(20);
    await due();
    expect(await told()).toHaveLength(2);
  });

  it("that waits is sent at once where options have none any more", async () => {
    const { note, sendLeft, told } = await beside();
    for (const id of ["a", "b"]) await note(id);
    await sendLeft();
    await sendLeft();

    expect(await told()).toEqual([["a", "b"]]);
  });

  it("is tried again where it is refused for now, and given up where it is for good", async () => {
    const failures = [new Error("not now"), new MailRefusedError("never", { permanent: true })];
    const send = () => Promise.reject(failures.shift());
    const { due, later, note } = await beside({ mailer: { send, close: async () => undefined } });
    await note("a");
    await due();
    later(10);
    for (let times = 0; times < 4; times++) {
      await due();
      later(1);
    }

    expect(failures).toEqual([]);
    const logged = (what: string) => (store as TestStore).logLines.filter((line) => line.includes(what)).length;
    expect([
      logged("A digest could not be sent; it is tried again"),
      logged("A digest is refused for good, and given up"),
    ]).toEqual([1, 1]);
  });
});
