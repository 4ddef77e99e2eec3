import { ANONYMOUS, BUCKET, type Check, requireEqual, requireStatus } from "./check.ts";

const NOTES = `${BUCKET}/collections/notes`;

/** Accounts, objects and permissions, which the function `api` serves. */
export const OBJECT_CHECKS: readonly Check[] = [
  {
    name: "accounts › are created, and log in",
    run: async ({ store: { client }, as }) => {
      for (const id of ["alice", "bob"])
        requireStatus(
          await client.put(`/accounts/${id}`, { data: { password: "correct horse" } }, ANONYMOUS),
          ...[201, 200, 401, 403],
        );
      const session = await client.post("/accounts/alice/sessions", { password: "correct horse" }, ANONYMOUS);
      const token: unknown = requireStatus(session, 200, 201).body.access_token;
      const answer = await client.get("/", { as: null, headers: { authorization: `Bearer ${String(token)}` } });
      requireEqual("The user", answer.body.user?.id, "account:alice");
      requireStatus(await client.get("/buckets", as("alice")), 200);
      requireStatus(await client.post("/accounts/alice/sessions", { password: "wrong horse" }, ANONYMOUS), 401, 403);
    },
  },
  {
    name: "objects › are created, read, listed, changed and deleted",
    run: async ({ store: { client }, as }) => {
      const alice = as("alice");
      requireStatus(await client.put(BUCKET, {}, alice), 201, 200);
      requireStatus(await client.put(NOTES, {}, alice), 201, 200);
      requireStatus(await client.put(`${NOTES}/records/first`, { data: { title: "One" } }, alice), 201, 200);
      requireStatus(await client.patch(`${NOTES}/records/first`, { data: { pages: 3 } }, alice), 200);
      const read = requireStatus(await client.get(`${NOTES}/records/first`, alice), 200);
      requireEqual("The title", read.body.data.title, "One");
      requireStatus(await client.put(`${NOTES}/records/second`, { data: { title: "Two" } }, alice), 201, 200);
      const list = requireStatus(await client.get(`${NOTES}/records?_sort=title`, alice), 200);
      requireEqual(
        "The list",
        list.body.data.map(({ id }: { id: string }) => id),
        ["first", "second"],
      );
      requireStatus(await client.delete(`${NOTES}/records/second`, alice), 200);
      requireStatus(await client.get(`${NOTES}/records/second`, alice), 404);
      const requests = [{ method: "PUT", path: `${NOTES}/records/third`, body: { data: { title: "Three" } } }];
      const batch = requireStatus(await client.post("/batch", { requests }, alice), 200);
      requireEqual("The batch's status", [201, 200].includes(batch.body.responses[0].status), true);
      requireStatus(await client.get("/__heartbeat__", ANONYMOUS), 200);
    },
  },
  {
    name: "permissions › refuse others until they are granted",
    run: async ({ store: { client }, as }) => {
      requireStatus(await client.get(`${NOTES}/records/first`, as("bob")), 403);
      requireStatus(
        await client.put(`${BUCKET}/groups/readers`, { data: { members: ["account:bob"] } }, as("alice")),
        201,
        200,
      );
      const permissions = { read: [`${BUCKET}/groups/readers`] };
      requireStatus(await client.patch(NOTES, { permissions }, as("alice")), 200);
      requireStatus(await client.get(`${NOTES}/records/first`, as("bob")), 200);
      requireStatus(await client.put(`${NOTES}/records/first`, { data: {} }, as("bob")), 403);
      requireStatus(await client.get(NOTES, ANONYMOUS), 401);
      const granted = requireStatus(await client.get("/permissions", as("bob")), 200);
      requireEqual("Whether bob's permissions name the collection", JSON.stringify(granted.body).includes(NOTES), true);
    },
  },
  {
    name: "default bucket › belongs to its user",
    needs: "default_bucket",
    run: async ({ store: { client }, as }) => {
      const tasks = "/buckets/default/collections/tasks/records";
      requireStatus(await client.post(tasks, { data: { title: "Mine" } }, as("bob")), 201);
      requireEqual("The number of tasks", (await client.get(tasks, as("bob"))).body.data.length >= 1, true);
    },
  },
  {
    name: "history › lists changes and reads what was stored before",
    needs: "history",
    run: async ({ store: { client }, as }) => {
      const history = requireStatus(await client.get(`${BUCKET}/history?resource_name=record`, as("alice")), 200);
      requireEqual("Whether there are entries", history.body.data.length > 0, true);
      const [{ last_modified: at }] = history.body.data;
      requireStatus(await client.get(`${NOTES}/records/first?_at=${at}`, as("alice")), 200);
    },
  },
  {
    name: "counters › are shown to who may see them",
    needs: "counters_endpoint",
    run: async ({ store: { client }, as }) => {
      requireStatus(await client.get("/__counters__", as("alice")), 200, 401, 403);
    },
  },
  {
    name: "pages › come from the function's own files",
    needs: "admin",
    run: async ({ store: { client } }) => {
      const page = requireStatus(await client.get("/admin/", ANONYMOUS), 200);
      const [, script = ""] = /src="\.(\/assets\/[^"]+\.js)"/.exec(String(page.body)) ?? [];
      const { headers } = requireStatus(await client.get(`/admin${script}`, ANONYMOUS), 200);
      requireEqual("The type", headers.get("content-type"), "text/javascript; charset=utf-8");
    },
  },
  {
    name: "changes › list the collection",
    needs: "changes",
    run: async ({ store: { client }, as }) => {
      requireStatus(await client.get("/buckets/monitor/collections/changes/records", as("alice")), 200);
    },
  },
];
