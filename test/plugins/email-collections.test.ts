import { afterEach, describe, expect, it } from "@jest/globals";
import type { ChangeEvent } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readMail } from "../../local/read-mail.ts";
import { findCollectionHooks } from "../../plugins/email/collection-hooks.ts";
import { loadFilterCompiler } from "../../plugins/email/filters.ts";
import { email } from "../../plugins/email/index.ts";
import type { Services } from "../../plugins/email/notify.ts";

type Given = Parameters<typeof email>[0];
const NOTES = "/buckets/b/collections/notes";

let store: TestStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const started = async (collectionHooks: Given["collectionHooks"] = true) => {
  const given: Given = {
    from: "store@example.org",
    collectionHooks,
    rootUrl: "https://example.org/v1/",
    settings: { project_name: "Notes" },
  };
  store = await startTestStore({ plugins: [email(given)], retryAfter: () => 0 });
  await store.put("/buckets/b");
  return store;
};

const HOOK = { template: "Something happened!", recipients: ["Security reviewers <reviews@example.org>"] };
const withHooks = (...hooks: object[]) => ({ "kinto-emailer": { hooks } });
const shown = ({ mails }: TestStore) => mails.map(({ to, subject }) => [subject, ...to]);

describe("hooks in a collection's metadata", () => {
  it("tell every change of its records, and its own, unless they say which", async () => {
    const store = await started();
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

    expect(shown(store)).toEqual([
      ["collection create", "reviews@example.org"],
      ["record create", "reviews@example.org"],
      ["new r1", "new@example.org"],
      ["record update", "reviews@example.org"],
      ["update r1", "some@example.org"],
      ["record delete", "reviews@example.org"],
      ["delete r1", "some@example.org"],
    ]);
  });

  it("fill the placeholders that kinto-emailer has", async () => {
    const store = await started();
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

  it("take the place of the bucket's, which tell of collections that have none", async () => {
    const store = await started();
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

  it("hear nothing of what stood in another bucket that had the name before", async () => {
    const store = await started();
    await store.put("/buckets/b", { data: withHooks(HOOK) });
    const { data } = (await store.getServices("email", "notify")) as Services;
    const bounds = { recipientsPerHour: 1000 };
    const life = (await data.get("/buckets/b"))?.generation;
    const gone = {
      resource_name: "collection",
      action: "delete",
      bucket_id: "b",
      collection_id: "notes",
      old: { id: "notes" },
    } as const;
    const heard = async (life: string | undefined) =>
      (await findCollectionHooks({ ...gone, life } as unknown as ChangeEvent, gone, data, bounds)).length;

    expect([await heard(life), await heard("another")]).toEqual([1, 0]);
  });

  it("mail groups of the bucket, whose members look like addresses", async () => {
    const store = await started();
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

    expect(shown(store)).toEqual([["New message", "devnull@localhost.com"]]);
  });

  it("go to the domains alone that the operator says, groups' members too", async () => {
    const store = await started({ domains: ["example.org", "*.example.org"] });
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
      'kinto-emailer.hooks.0.recipients in body: Mail does not go to "out@example.com" from here; it goes to example.org, *.example.org.',
    ]);
  });

  it("are those of the buckets alone that the operator says, and go no further than it says in an hour", async () => {
    const store = await started({ buckets: ["b", "team-*"], recipientsPerHour: 5 });
    const recipients = ["one@example.org", "two@example.org"];
    const hook = { ...HOOK, resource_name: "record", recipients };
    await store.put("/buckets/other");
    const { status, body } = await store.put("/buckets/other/collections/notes", { data: withHooks(hook) });
    expect([status, body.message]).toEqual([
      400,
      "kinto-emailer in body: Mail hooks are not for this bucket and its collections.",
    ]);

    await store.put("/buckets/team-1", { data: withHooks(hook) });
    await store.put("/buckets/team-1/collections/c");
    await store.put(NOTES, { data: withHooks(hook) });
    for (let count = 0; count < 4; count++) await store.post(`${NOTES}/records`, { data: {} });
    await store.post("/buckets/team-1/collections/c/records", { data: {} });
    await store.drain();
    expect(store.mails.map(({ to }) => to)).toEqual([recipients, recipients, recipients]);
    expect(
      store.logLines.filter((line) => line.includes("have mailed as many as they may within an hour")),
    ).toHaveLength(2);
    expect(await store.deadLetterCount("email-notify")).toBe(0);

    store.clock.advance(3600_000);
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();
    expect(store.mails).toHaveLength(4);
  });

  it("are told to clients as those of kinto-emailer, where there are any", async () => {
    const store = await started();
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
      { hooks: [{ template: "x", recipients: ["nobody", "a@b@c"] }] },
      'kinto-emailer.hooks.0.recipients in body: Invalid recipients "nobody", "a@b@c".',
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
      "kinto-emailer.hooks.0.id in body: Not a regular expression that can be used here.",
    ],
    [{ hooks: [{ ...HOOK, sender: "x\ny" }] }, "kinto-emailer.hooks.0.sender in body: Invalid sender"],
    [{ hooks: Array.from({ length: 11 }, () => HOOK) }, "kinto-emailer.hooks in body"],
    ["x", "kinto-emailer in body"],
    [null, "kinto-emailer in body"],
  ])("are refused with what is wrong, in collections and in buckets: %j", async (settings, told) => {
    const store = await started();
    for (const path of [NOTES, "/buckets/b"]) {
      const { status, body } = await store.put(path, { data: { "kinto-emailer": settings } });
      expect([status, body.errno, body.message]).toEqual([400, 107, expect.stringContaining(told)]);
    }
    expect((await store.put("/buckets/b", { data: withHooks(HOOK) })).status).toBe(200);
  });

  it("are no business of a store that leaves them off", async () => {
    store = await startTestStore({ plugins: [email({ from: "store@example.org", recipients: ["ops@example.org"] })] });
    await store.put("/buckets/b");
    expect((await store.put(NOTES, { data: withHooks(HOOK, {}) })).status).toBe(201);
    await store.post(`${NOTES}/records`, { data: {} });
    await store.drain();

    expect(shown(store)).toEqual([["record created", "ops@example.org"]]);
  });
});

const compileMatch = await loadFilterCompiler();

describe("a filter", () => {
  it.each([
    ["notes", ["notes"], ["notes2", "note", ""]],
    ["^notes", ["notes", "notes2"], ["a-notes"]],
    ["^(?!normandy-recipes$)", ["some-normandy-recipes", "normandy-recipes-all", ""], ["normandy-recipes"]],
    ["^(?!a|b)[a-c]+$", ["c", "ca"], ["a", "bc", "d"]],
    ["^(?![)(]x)\\w", ["x"], [")x"]],
  ])("is a text, or what a regular expression fits the beginning of: %s", (filter, fits, others) => {
    const match = compileMatch(filter);
    expect([fits.filter((text) => match?.(text) !== true), others.filter((text) => match?.(text) !== false)]).toEqual([
      [],
      [],
    ]);
  });

  it.each(["^(", "^(?!x", "^a(?=b)", "^(a)\\1", "^a{2000}", "^\\pL{600}\\pN{600}"])(
    "is none that can't be run in linear time: %s",
    (filter) => {
      expect(compileMatch(filter)).toBeUndefined();
    },
  );

  it("takes no time, however hostile", () => {
    expect(compileMatch("^(a+)+$")?.(`${"a".repeat(50_000)}!`)).toBe(false);
  });
});
