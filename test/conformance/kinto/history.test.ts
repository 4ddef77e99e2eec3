/** @slow */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { history } from "../../../plugins/history/index.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { startKinto } from "./start-kinto.ts";

const BUCKET = "/buckets/b";
const COLLECTION = `${BUCKET}/collections/c`;
const RECORDS = `${COLLECTION}/records`;
const USERS = ["alice", "bob", "carol"] as const;

type Answer = { readonly status: number; readonly body: { readonly data?: unknown }; readonly headers: Headers };
type Send = (user: string, method: string, path: string, body?: object) => Promise<Answer>;

const createSend =
  (root: string): Send =>
  async (user, method, path, body) => {
    const response = await fetch(root + path, {
      method,
      headers: { authorization: `Basic ${btoa(`${user}:`)}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  };

/** Replaces user ids by names, and times and generated ids by words. Kinto's entries have times of their own. */
const normalize = (value: unknown, names: ReadonlyMap<string, string>): unknown => {
  let text = JSON.stringify(value)
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, "UUID")
    .replace(/"date":"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}\+00:00"/g, '"date":"DATE"')
    .replace(/\b\d{13}\b/g, '"TIME"');
  for (const [id, name] of names) text = text.replaceAll(id, name);
  // The order of principals has no meaning.
  return JSON.parse(text, (key, found) => (key === "write" || key === "read" ? found.toSorted() : found));
};

/** The changes of several users: of each kind of object, of permissions, and of what contains others. */
const makeChanges = async (
  send: Send,
  ids: Readonly<Record<string, string>>,
  beforeDeletions: () => Promise<void>,
): Promise<readonly number[]> => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 3));
  const statuses: number[] = [];
  const change: Send = async (...request) => {
    const answer = await send(...request);
    statuses.push(answer.status);
    // All changes have different times, so that their order is known.
    await pause();
    return answer;
  };
  await change("alice", "PUT", BUCKET, { data: { title: "B" } });
  await change("alice", "PUT", `${BUCKET}/groups/g`, { data: { members: [ids.bob] } });
  await change("alice", "PUT", COLLECTION, { permissions: { "record:create": [`${BUCKET}/groups/g`] } });
  await change("bob", "PUT", `${RECORDS}/r1`, { data: { n: 1 } });
  await change("bob", "PATCH", `${RECORDS}/r1`, { data: { n: 2 } });
  await change("bob", "PATCH", `${RECORDS}/r1`, { permissions: { read: [ids.carol] } });
  await change("alice", "PUT", `${RECORDS}/r1`, { data: { n: 3 } });
  await change("carol", "PUT", `${RECORDS}/r1`, { data: { n: 4 } });
  await change("alice", "POST", RECORDS, { data: { id: "r2" } });
  await change("alice", "DELETE", `${RECORDS}/r2`);
  await change("alice", "PUT", `${RECORDS}/r2`, { data: { again: true } });
  await change("alice", "PATCH", `${BUCKET}/groups/g`, { data: { members: [] } });
  await change("alice", "PATCH", BUCKET, { permissions: { "group:create": [ids.bob] } });
  await change("bob", "PUT", `${BUCKET}/groups/h`, { data: { members: [ids.carol] } });
  await change("alice", "PUT", `${BUCKET}/collections/d`, { permissions: { read: [ids.carol] } });
  await change("alice", "PUT", `${BUCKET}/collections/d/records/r`, { data: {} });
  await beforeDeletions();
  await change("alice", "DELETE", `${BUCKET}/collections/d`);
  await change("alice", "DELETE", RECORDS);
  await change("alice", "DELETE", `${BUCKET}/groups/h`);
  return statuses;
};

const QUERIES = [
  "",
  "?resource_name=record",
  "?collection_id=c&_sort=last_modified",
  "?record_id=r1&_fields=action,target.data.n",
  "?action=delete",
  `?uri=${RECORDS}/r2`,
  "?target.data.n=2",
  `?in_resource_name=group,bucket&_limit=3`,
  "?user_id=none",
  "?unknown=1",
];

describe("history", () => {
  let kinto: RunningEngine;
  let store: TestStore;
  const servers: { send: Send; names: Map<string, string>; seen: Record<string, unknown> }[] = [];
  beforeAll(async () => {
    kinto = await startKinto({ includes: "kinto.plugins.history", bucket_create_principals: "system.Authenticated" });
    store = await startStore({ plugins: [basicauth(), history()] });
    const statuses = [];
    for (const root of [`${kinto.endpoint}/v1`, store.url]) {
      const send = createSend(root);
      const names = new Map<string, string>();
      for (const user of USERS) {
        const { body } = await send(user, "GET", "/");
        names.set((body as { user: { id: string } }).user.id, user);
      }
      const ids = Object.fromEntries([...names].map(([id, name]) => [name, id]));
      const seen: Record<string, unknown> = {};
      const remember = async () => {
        for (const user of USERS) {
          const { body } = await send(user, "GET", `${BUCKET}/history`);
          seen[user] = normalize(body.data ?? null, names);
        }
      };
      statuses.push(await makeChanges(send, ids, remember));
      servers.push({ send, names, seen });
    }
    expect(statuses[1]).toEqual(statuses[0]);
  });
  afterAll(async () => {
    await store?.close();
    await kinto?.[Symbol.asyncDispose]();
  });

  it.each(QUERIES)("equals that of Kinto: %j", async (query) => {
    const [theirs, ours] = await Promise.all(
      servers.map(async ({ send, names }) => {
        const { status, body, headers } = await send("alice", "GET", `${BUCKET}/history${query}`);
        return { status, hasNext: headers.get("next-page") !== null, data: normalize(body.data ?? null, names) };
      }),
    );
    expect(ours).toEqual(theirs);
  });

  it("shows users what they could read at the change, as in Kinto", () => {
    const [theirs, ours] = servers.map(({ seen }) => seen) as [Record<string, unknown[]>, Record<string, unknown[]>];
    expect(ours.bob).toEqual(theirs.bob);
    expect(ours.alice).toEqual(theirs.alice);
    expect(ours.carol).toEqual(theirs.carol);
  });
});
