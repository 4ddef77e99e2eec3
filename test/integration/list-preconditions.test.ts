import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
/** Another instance of the function, which shares no mutex with the first. Its clock is a minute slow. */
let other: ApiApp;
/** Runs before each transaction of the first instance is sent. */
let beforeTransaction: () => Promise<void> = async () => undefined;
const wrap =
  (send: Send): Send =>
  async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
    if (operation === "TransactWriteItems") await beforeTransaction();
    return send(operation, input);
  };

beforeAll(async () => {
  store = await startStore({ wrap });
  other = await createApi({ ...store.options, wrapSend: (plain) => plain, now: () => Date.now() - 60_000 });
  await store.put("/buckets/b");
});
afterAll(async () => {
  await other.close();
  await store.close();
});

const sendByOther = (method: string, path: string) =>
  requestApi(other).request(`http://localhost/v1${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from("alice:secret").toString("base64")}`,
      "content-type": "application/json",
    },
    ...(method !== "GET" && { body: "{}" }),
  });

let counter = 0;
/** Creates a list of one record, and lets the other instance change it before the next transaction of the first one. */
const newChangingList = async () => {
  const collection = `/buckets/b/collections/c${counter++}`;
  await sendByOther("PUT", collection);
  const created = await sendByOther("PUT", `${collection}/records/a`);
  beforeTransaction = async () => {
    beforeTransaction = async () => undefined;
    expect((await sendByOther("PUT", `${collection}/records/b`)).status).toBe(201);
  };
  return { list: `${collection}/records`, headers: { "If-Match": created.headers.get("etag") ?? "" } };
};
const idsAt = async (list: string) => (await store.get(list)).body.data.map(({ id }: { id: string }) => id).toSorted();

describe("If-Match on a list that another process changes before the commit", () => {
  it("rejects a POST", async () => {
    const { list, headers } = await newChangingList();

    expect((await store.post(list, { data: {} }, { headers })).status).toBe(412);
    expect(await idsAt(list)).toEqual(["a", "b"]);
  });

  it("rejects a DELETE", async () => {
    const { list, headers } = await newChangingList();

    expect((await store.delete(list, { headers })).status).toBe(412);
    expect(await idsAt(list)).toEqual(["a", "b"]);
  });

  it("rejects a POST in a batch in which a later request fails", async () => {
    const { list, headers } = await newChangingList();
    const { body } = await store.post("/batch", {
      requests: [
        { method: "POST", path: list, headers, body: { data: {} } },
        { method: "PUT", path: `${list}/not an id`, body: {} },
      ],
    });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([412, 400]);
    expect(await idsAt(list)).toEqual(["a", "b"]);
  });
});

describe("last_modified in a request", () => {
  it("does not repeat the timestamp of another record of the list", async () => {
    await store.put("/buckets/b/collections/same");
    const first = await store.put("/buckets/b/collections/same/records/a");
    const { last_modified } = first.body.data;
    const second = await store.put("/buckets/b/collections/same/records/b", { data: { last_modified } });

    expect(second.status).toBe(201);
    expect(second.body.data.last_modified).toBeGreaterThan(last_modified);
  });
});
