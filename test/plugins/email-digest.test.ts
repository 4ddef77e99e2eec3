/** @slow */

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

const startStore = async (digest: object, recipients = ["ops@example.org"]) => {
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

/** Advances the clock minute by minute. */
const advanceMinutes = async (store: TestStore, minutes: number) => {
  for (let minute = 0; minute < minutes; minute++) {
    store.clock.advance(MINUTE);
    await store.drain();
  }
};

const getServices = async (store: TestStore) => (await store.getServices("email", "notify")) as Services;

describe("email › digest", () => {
  it("collects the changes of its period in one mail, and later changes in the next", async () => {
    const store = await startStore({
      subject: "{count} in {hook}",
      entry: "{action} {id}: {new.title}",
      text: "News:\n{entries}\n",
      html: "<h1>{count}</h1>{entries}",
    });
    for (const id of ["a", "b", "c"]) await note(store, id, { title: `<${id}>\r\nx` });
    await advanceMinutes(store, 5);
    await note(store, "a", { title: "again" });
    await advanceMinutes(store, 4);
    expect(store.mails).toEqual([]);

    await advanceMinutes(store, 3);
    expect(store.mails.map(({ subject, to }) => [subject, ...to])).toEqual([["4 in options", "ops@example.org"]]);
    const { text, html } = await readMail(store.mails[0]?.raw ?? "");
    expect(text?.replace(/\r\n/g, "\n").trim()).toBe(
      "News:\ncreate a: <a> x\ncreate b: <b> x\ncreate c: <c> x\nupdate a: again",
    );
    expect(html?.trim()).toBe(
      "<h1>4</h1><ul><li>create a: &#60;a&#62; x</li><li>create b: &#60;b&#62; x</li><li>create c: &#60;c&#62; x</li><li>update a: again</li></ul>",
    );

    await note(store, "d", { title: "later" });
    await advanceMinutes(store, 12);
    expect(store.mails.map(({ subject }) => subject)).toEqual(["4 in options", "1 in options"]);
    await advanceMinutes(store, 12);
    expect(store.mails).toHaveLength(2);
  });

  it("is separate for each recipient that the event determines", async () => {
    const store = await startStore({}, ["{new.email}"]);
    for (const [id, email] of [
      ["a", "ada@example.org"],
      ["b", "bob@example.org"],
      ["c", "ada@example.org"],
    ] as const)
      await note(store, id, { email });
    await advanceMinutes(store, 12);

    expect(store.mails.map(({ to, subject }) => [...to, subject]).toSorted()).toEqual([
      ["ada@example.org", "2 changes"],
      ["bob@example.org", "1 changes"],
    ]);
  });

  it("cuts the line of a change before an emoji that does not fit", async () => {
    const store = await startStore({});
    const { digests } = await getServices(store);
    const digest = { minutes: 10, subject: "", entry: "{title}", text: "" };
    const recipients = { to: ["ops@example.org"], cc: [], bcc: [], replyTo: [] };
    const values = { title: `${"a".repeat(497)}👩\u200d💻` };
    await digests.add("options", digest, recipients, { id: "1", timestamp: 1, values });
    await advanceMinutes(store, 12);

    expect((await readMail(store.mails[0]?.raw ?? "")).text?.trim()).toBe("a".repeat(497));
  });

  it("lists up to 500 changes and counts up to 2000", async () => {
    const store = await startStore({});
    const { digests } = await getServices(store);
    const digest = { minutes: 10, subject: "", entry: "{n} {long}", text: "" };
    const recipients = { to: ["ops@example.org"], cc: [], bcc: [], replyTo: [] };
    const note = (n: number) =>
      digests.add("options", digest, recipients, {
        id: String(n),
        timestamp: n,
        values: { n, long: "long ".repeat(60).trim() },
      });
    for (let n = 0; n < 2010; n += 30) await Promise.all(Array.from({ length: 30 }, (_, more) => note(n + more)));
    await advanceMinutes(store, 12);

    expect(store.mails.map(({ subject }) => subject)).toEqual(["2000 changes"]);
    const lines = (await readMail(store.mails[0]?.raw ?? "")).text?.trim().split(/\r?\n/) ?? [];
    expect([lines.length, lines[499]?.slice(0, 8), lines[500]]).toEqual([501, "499 long", "… and 1500 more"]);
    await advanceMinutes(store, 12);
    expect(store.mails.map(({ subject }) => subject)).toEqual(["2000 changes", "10 changes"]);
    await advanceMinutes(store, 12);
    expect(store.mails).toHaveLength(2);
  });

  /** Opens digests with a clock of their own. `broken` replaces services. */
  const openOwnDigests = async (broken: Partial<Services> = {}) => {
    const { mailer, state } = await getServices(await startStore({}));
    const { log } = (store as TestStore).cloud.options;
    if (log === undefined) throw new Error("The store has no log");
    let time = Date.parse("2030-01-01T00:00:00Z");
    const config = options.parse({
      from: "store@example.org",
      recipients: ["ops@example.org"],
      digest: { minutes: 10 },
    });
    const open = (parts: Partial<Services>, changedConfig = config) =>
      openDigests({ mailer, state, now: () => time, ...parts }, changedConfig);
    const sendDue = (parts: Partial<Services> = broken) => open(parts).sendDue(log, new AbortController().signal);
    const recipients = { to: ["ops@example.org"], cc: [], bcc: [], replyTo: [] };
    return {
      sendDue,
      advance: (minutes: number) => {
        time += minutes * MINUTE;
      },
      note: (id: string) =>
        open({}).add("options", { minutes: 10, subject: "", entry: "{id}", text: "" }, recipients, {
          id,
          timestamp: id.charCodeAt(0),
          values: { id },
        }),
      /** Runs a worker that stops when it calls a service. */
      stopWorkerIn: async (part: "mailer" | "state") => {
        const ended = Promise.withResolvers<void>();
        const never = () => {
          ended.resolve();
          return new Promise<never>(() => undefined);
        };
        void sendDue(
          part === "mailer" ? { mailer: { ...mailer, send: never } } : { state: { ...state, delete: never } },
        );
        await ended.promise;
      },
      /** Runs a worker whose options no longer have a digest. */
      sendRemaining: () =>
        open({}, options.parse({ from: "store@example.org", recipients: ["ops@example.org"] })).sendRemaining(
          log,
          new AbortController().signal,
        ),
      sentLines: () =>
        Promise.all(
          (store as TestStore).mails.map(async ({ raw }) => (await readMail(raw)).text?.trim().split(/\r?\n/)),
        ),
    };
  };

  it("is sent once by concurrent workers", async () => {
    const { sendDue, advance, note, sentLines } = await openOwnDigests();
    for (const id of ["a", "b"]) await note(id);
    await Promise.all([sendDue(), sendDue()]);
    advance(10);
    await Promise.all([sendDue(), sendDue(), sendDue(), sendDue()]);
    advance(1);
    await sendDue();

    expect(await sentLines()).toEqual([["a", "b"]]);
  });

  it("is sent once even if a worker stops before or after it sends the mail", async () => {
    const { sendDue, advance, note, stopWorkerIn, sentLines } = await openOwnDigests();
    await note("a");
    await sendDue();
    advance(10);
    await stopWorkerIn("mailer");
    await note("b");
    advance(1);
    await sendDue();
    expect(await sentLines()).toEqual([]);

    // The first worker's lease has expired. Another one sends the mail and stops before it saves that.
    advance(2);
    await stopWorkerIn("state");
    expect(await sentLines()).toEqual([["a"]]);
    await note("c");
    advance(3);
    await sendDue();
    expect(await sentLines()).toEqual([["a"]]);

    await sendDue();
    advance(10);
    await sendDue();
    expect(await sentLines()).toEqual([["a"], ["b", "c"]]);
    advance(20);
    await sendDue();
    expect(await sentLines()).toHaveLength(2);
  });

  it("is sent at once after the last digest was removed from the options", async () => {
    const { note, sendRemaining, sentLines } = await openOwnDigests();
    for (const id of ["a", "b"]) await note(id);
    await sendRemaining();
    await sendRemaining();

    expect(await sentLines()).toEqual([["a", "b"]]);
  });

  it("is retried after a temporary refusal and dropped after a permanent one", async () => {
    const failures = [new Error("not now"), new MailRefusedError("never", { permanent: true })];
    const send = () => Promise.reject(failures.shift());
    const { sendDue, advance, note } = await openOwnDigests({ mailer: { send, close: async () => undefined } });
    await note("a");
    await sendDue();
    advance(10);
    for (let times = 0; times < 4; times++) {
      await sendDue();
      advance(1);
    }

    expect(failures).toEqual([]);
    const logged = (what: string) => (store as TestStore).logLines.filter((line) => line.includes(what)).length;
    expect([
      logged("A digest could not be sent. It is sent again in a minute."),
      logged("A digest was refused permanently and is dropped"),
    ]).toEqual([1, 1]);
  });
});
