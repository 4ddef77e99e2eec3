import { afterEach, describe, expect, it } from "@jest/globals";
import type { ChangeEvent } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readMail } from "../../local/read-mail.ts";
import { findCollectionHooks } from "../../plugins/email/collection-hooks.ts";
import { loadFilterCompiler } from "../../plugins/email/filters.ts";
import { email } from "../../plugins/email/index.ts";
import type { Services } from "../../plugins/email/notify.ts";

type EmailOptions = Parameters<typeof email>[0];
const NOTES = "/buckets/b/collections/notes";

let store: TestStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const startStore = async (collectionHooks: EmailOptions["collectionHooks"] = true) => {
  const options: EmailOptions = {
    from: "store@example.org",
    collectionHooks,
    rootUrl: "https://example.org/v1/",
    settings: { project_name: "Notes" },
  };
  store = await startTestStore({ plugins: [email(options)], retryAfter: () => 0 });
  await store.put("/buckets/b");
  return store;
};

const HOOK = { template: "Something happened!", recipients: ["Security reviewers <reviews@example.org>"] };
const withHooks = (...hooks: object[]) => ({ "kinto-emailer": { hooks } });
const summarize = ({ mails }: TestStore) => mails.map(({ to, subject }) => [subject, ...to]);

describe("email › hooks in metadata", () => {
  it("match all changes of the collection and its records, unless they have filters", async () => {
    const store = await startStore();
    const hooks = [
      { ...HOOK, subject: "{resource_name} {action}" },
      {
        ...HOOK,
        resource_name: "record",
        action: "create",
        subject: "new {record_id}",
        recipients: ["new@example.org"],
      },
      {
        ...HOOK,
        id: "^r\\d$",
        action: "^(update|delete)$",
        subject: "{action} {id}",
        recipients: ["some@example.org"],
      },
      { ...HOOK, event: "kinto_remote_settings.signer.events.ReviewRequested", subject: "review" },
      { ...HOOK, event: "kinto.core.events.ResourceChanged", collection_id: "^(?!notes$)", subject: "not notes" },
    ];
    await store.put(NOTES, { data: withHooks(...hooks) });
    await store.drain();
    await store.put(`${NOTES}/records/r1`, { data: {} });
    await store.drain();
    await store.patch(`${NOTES}/records/r1`, { data: { a: 1 } });
    await store.drain();
    await store.delete(`${NOTES}/records/r1`);
    await store.drain();

    expect(summarize(store)).toEqual([
      ["collection create", "reviews@example.org"],
      ["record create", "reviews@example.org"],
      ["new r1", "new@example.org"],
      ["record update", "reviews@example.org"],
      ["update r1", "some@example.org"],
      ["record delete", "reviews@example.org"],
      ["delete r1", "some@example.org"],
    ]);
  });

  it("fill the placeholders of kinto-emailer", async () => {
    const store = await startStore();
    const template =
      "{user_id} {action}d {resource_name} {id} in {bucket_id}/{collection_id}: {uri} at {root_url} of {settings[project_name]} {client_address}{user_agent}|{impacted_objects[0][new][title]}";
    await store.put(NOTES, {
      data: withHooks({ ...HOOK, resource_name: "record", template, sender: "Desk <desk@example.org>" }),
    });
    await store.put(`${NOTES}/records/r1`, { data: { title: "{user_id}" } });
    await store.drain();

    expect(store.mails).toHaveLength(1);
    const { header, text } = await readMail(store.mails[0]?.raw ?? "");
    expect(text?.trim()).toBe(
      `${await store.userId("alice")} created record r1 in b/notes: ${NOTES}/records/r1 at https://example.org/v1/ of Notes |{user_id}`,
    );
    expect([header("subject"), header("from"), header("reply-to")]).toEqual([
      "New message",
      "store@example.org",
      "Desk <desk@example.org>",
    ]);
  });

  it("replace the bucket's hooks, which apply to collections without hooks", async () => {
    const store = await startStore();
    await store.put("/buckets/b", { data: withHooks({ ...HOOK, subject: "bucket {uri}" }) });
    await store.put(NOTES);
    await store.put("/buckets/b/collections/own", { data: withHooks({ ...HOOK, subject: "own {uri}" }) });
    await store.put("/buckets/b/collections/none", { data: withHooks() });
    await store.put(`${NOTES}/records/r`);
    await store.put("/buckets/b/collections/own/records/r");
    await store.put("/buckets/b/collections/none/records/r");
    await store.drain();

    expect(store.mails.map(({ subject }) => subject).toSorted()).toEqual([
      `bucket ${NOTES}`,
      `bucket ${NOTES}/records/r`,
      "own /buckets/b/collections/own",
      "own /buckets/b/collections/own/records/r",
    ]);
  });

  it("ignore events of an earlier bucket with the same name", async () => {
    const store = await startStore();
    await store.put("/buckets/b", { data: withHooks(HOOK) });
    const { data } = (await store.getServices("email", "notify")) as Services;
    const limits = { recipientsPerHour: 1000 };
    const generation = (await data.get("/buckets/b"))?.generation;
    const deleted = {
      resource_name: "collection",
      action: "delete",
      bucket_id: "b",
      collection_id: "notes",
      old: { id: "notes" },
    } as const;
    const countHooks = async (parent_generation: string | undefined) => {
      const event = { ...deleted, parent_generation } as unknown as ChangeEvent;
      return (await findCollectionHooks(event, deleted, data, limits)).length;
    };

    expect([await countHooks(generation), await countHooks("another")]).toEqual([1, 0]);
  });

  it("send to the members of the bucket's groups that have a mail address", async () => {
    const store = await startStore();
    await store.put("/buckets/b/groups/notes-reviewers", {
      data: { members: ["fxa:225689876", "portier:devnull@localhost.com"] },
    });
    await store.put(NOTES, {
      data: withHooks({
        ...HOOK,
        resource_name: "record",
        recipients: ["/buckets/b/groups/{collection_id}-reviewers"],
      }),
    });
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();

    expect(summarize(store)).toEqual([["New message", "devnull@localhost.com"]]);
  });

  it("send only to allowed domains, even to members of groups", async () => {
    const store = await startStore({ domains: ["example.org", "*.example.org"] });
    const recipients = ["in@example.org", "too@mail.example.org", "/buckets/b/groups/g"];
    await store.put("/buckets/b/groups/g", {
      data: { members: ["mailto:member@example.org", "mailto:out@example.com"] },
    });
    expect((await store.put(NOTES, { data: withHooks({ ...HOOK, resource_name: "record", recipients }) })).status).toBe(
      201,
    );
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();

    expect(store.mails.map(({ to }) => to)).toEqual([["in@example.org", "too@mail.example.org", "member@example.org"]]);
    const { status, body } = await store.put(NOTES, { data: withHooks({ ...HOOK, recipients: ["out@example.com"] }) });
    expect([status, body.message]).toEqual([
      400,
      'kinto-emailer.hooks.0.recipients in body: Invalid recipients "out@example.com": the allowed domains are example.org, *.example.org.',
    ]);
  });

  it("are limited to the allowed buckets and to the maximum number of recipients per hour", async () => {
    const store = await startStore({ buckets: ["b", "team-*"], recipientsPerHour: 5 });
    const recipients = ["one@example.org", "two@example.org"];
    const hook = { ...HOOK, resource_name: "record", recipients };
    await store.put("/buckets/other");
    const { status, body } = await store.put("/buckets/other/collections/notes", { data: withHooks(hook) });
    expect([status, body.message]).toEqual([
      400,
      "kinto-emailer in body: This bucket and its collections may not have mail hooks.",
    ]);

    await store.put("/buckets/team-1", { data: withHooks(hook) });
    await store.put("/buckets/team-1/collections/c");
    await store.put(NOTES, { data: withHooks(hook) });
    for (let count = 0; count < 4; count++) await store.post(`${NOTES}/records`, { data: {} });
    await store.post("/buckets/team-1/collections/c/records", { data: {} });
    await store.drain();
    expect(store.mails.map(({ to }) => to)).toEqual([recipients, recipients, recipients]);
    expect(
      store.logLines.filter((line) => line.includes("have reached the maximum number of recipients per hour")),
    ).toHaveLength(2);
    expect(await store.deadLetterCount("email-notify")).toBe(0);

    store.clock.advance(3600_000);
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    expect(store.mails).toHaveLength(4);
  });

  it("are announced by the capability emailer", async () => {
    const store = await startStore();
    expect((await store.get("/")).body.capabilities.emailer).toMatchObject({
      url: "https://github.com/Kinto/kinto-emailer/",
    });
  });

  it.each([
    [{}, 'kinto-emailer.hooks in body: Missing "hooks".'],
    [{ hooks: [{ recipients: ["a@example.org"] }] }, 'kinto-emailer.hooks.0.template in body: Missing "template".'],
    [{ hooks: [{ template: "x" }] }, "kinto-emailer.hooks.0.recipients in body: Empty list of recipients."],
    [
      { hooks: [HOOK, { template: "x", recipients: [] }] },
      "kinto-emailer.hooks.1.recipients in body: Empty list of recipients.",
    ],
    [
      { hooks: [{ template: "x", recipients: ["invalid", "a@b@c"] }] },
      'kinto-emailer.hooks.0.recipients in body: Invalid recipients "invalid", "a@b@c".',
    ],
    [{ hooks: [{ template: "x", recipients: ["a@example.org\r\nBcc: b@example.org"] }] }, "Invalid recipients"],
    [{ hooks: [{ template: "x", recipients: ["{new.email}"] }] }, "Invalid recipients"],
    [
      { hooks: [{ template: "x", recipients: ["/buckets/other/groups/g"] }] },
      'kinto-emailer.hooks.0.recipients in body: Invalid bucket for groups "/buckets/other/groups/g".',
    ],
    [{ hooks: [{ template: "x", recipients: ["/buckets/bb/groups/g"] }] }, "Invalid bucket for groups"],
    [
      { hooks: [{ ...HOOK, id: "^(unclosed" }] },
      "kinto-emailer.hooks.0.id in body: Invalid or unsupported regular expression.",
    ],
    [{ hooks: [{ ...HOOK, sender: "x\ny" }] }, "kinto-emailer.hooks.0.sender in body: Invalid sender"],
    [{ hooks: Array.from({ length: 11 }, () => HOOK) }, "kinto-emailer.hooks in body"],
    ["x", "kinto-emailer in body"],
    [null, "kinto-emailer in body"],
  ])("are rejected with the first issue, in collections and buckets: %j", async (settings, message) => {
    const store = await startStore();
    for (const path of [NOTES, "/buckets/b"]) {
      const { status, body } = await store.put(path, { data: { "kinto-emailer": settings } });
      expect([status, body.errno, body.message]).toEqual([400, 107, expect.stringContaining(message)]);
    }
    expect((await store.put("/buckets/b", { data: withHooks(HOOK) })).status).toBe(200);
  });

  it("are ignored when collectionHooks is off", async () => {
    store = await startTestStore({ plugins: [email({ from: "store@example.org", recipients: ["ops@example.org"] })] });
    await store.put("/buckets/b");
    expect((await store.put(NOTES, { data: withHooks(HOOK, {}) })).status).toBe(201);
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();

    expect(summarize(store)).toEqual([["record created", "ops@example.org"]]);
  });
});

const compileMatch = await loadFilterCompiler();

describe("email › filter of a hook in metadata", () => {
  it.each([
    ["notes", ["notes"], ["notes2", "note", ""]],
    ["^notes", ["notes", "notes2"], ["a-notes"]],
    ["^(?!normandy-recipes$)", ["some-normandy-recipes", "normandy-recipes-all", ""], ["normandy-recipes"]],
    ["^(?!a|b)[a-c]+$", ["c", "ca"], ["a", "bc", "d"]],
    ["^(?![)(]x)\\w", ["x"], [")x"]],
  ])("matches an equal text, or the beginning of a text by a regular expression: %s", (filter, fits, others) => {
    const match = compileMatch(filter);
    expect([fits.filter((text) => match?.(text) !== true), others.filter((text) => match?.(text) !== false)]).toEqual([
      [],
      [],
    ]);
  });

  it.each(["^(", "^(?!x", "^a(?=b)", "^(a)\\1", "^a{2000}", "^\\pL{600}\\pN{600}"])(
    "is rejected if it cannot run in linear time: %s",
    (filter) => {
      expect(compileMatch(filter)).toBeUndefined();
    },
  );

  it("runs fast on hostile input", () => {
    expect(compileMatch("^(a+)+$")?.(`${"a".repeat(50_000)}!`)).toBe(false);
  });
});
