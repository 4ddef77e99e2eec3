import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { withConflicts } from "../faults/conflicts.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestStore } from "../start-store.ts";

const AUTHORIZATION = {
  authorization: `Basic ${Buffer.from("alice:secret").toString("base64")}`,
  "content-type": "application/json",
};

const COUNT = 640;

describe("concurrent writers of a collection", () => {
  let store: TestStore;
  /** Several independent instances of the function, with simulated conflicts. */
  let lambdas: ApiApp[];

  beforeAll(async () => {
    store = await startStore();
    lambdas = await Promise.all(
      Array.from({ length: 8 }, () => createApi({ ...store.options, wrapSend: withConflicts(0.1) })),
    );
  });
  afterAll(async () => {
    await Promise.all(lambdas.map((lambda) => lambda.close()));
    await store.close();
  });

  it("create 640 records with 32 writers, and a polling reader sees each of them", async () => {
    await store.put("/buckets/hot");
    await store.put("/buckets/hot/collections/c");
    const records = "/buckets/hot/collections/c/records";
    const created = new Map<string, unknown>();
    const statuses = new Map<number, number>();

    const write = async (writer: number) => {
      const app = requestApi(lambdas[writer % lambdas.length] as ApiApp);
      for (let i = writer; i < COUNT; i += 32) {
        const body = JSON.stringify({ data: { id: `r${i}`, number: i, text: `written by ${writer}` } });
        const response = await app.request(`http://localhost/v1${records}`, {
          method: "POST",
          headers: AUTHORIZATION,
          body,
        });
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const { data } = (await response.json()) as { data: { id: string } };
        created.set(data.id, data);
      }
    };
    const seen = new Map<string, { id: string; last_modified: number }>();
    let since = 0;
    const poll = async () => {
      const { status, headers, body } = await store.get(`${records}?_since=${since}`);
      expect(status).toBe(200);
      for (const record of body.data) seen.set(record.id, record);
      since = Number(headers.get("etag")?.slice(1, -1));
    };
    let writing = true;
    const reading = (async () => {
      while (writing) await poll();
    })();
    await Promise.all(Array.from({ length: 32 }, (_, writer) => write(writer)));
    writing = false;
    await reading;
    await poll();

    expect(Object.fromEntries(statuses)).toEqual({ 201: COUNT });
    expect(new Set([...seen.values()].map(({ last_modified }) => last_modified)).size).toBe(COUNT);
    expect(new Map([...seen].sort())).toEqual(new Map([...created].sort()));
    expect((await store.request(records, { method: "HEAD" })).headers.get("total-objects")).toBe(String(COUNT));
  }, 180_000);

  it("accepts one of many conditional changes of the same state and returns 412 to the others", async () => {
    await store.put("/buckets/race");
    await store.put("/buckets/race/collections/c");
    const path = "/buckets/race/collections/c/records/r";
    const { headers } = await store.put(path, { data: { by: "initial" } });
    const state = headers.get("etag") ?? "";

    const answers = await Promise.all(
      lambdas.map(async (lambda, writer) => {
        const body = JSON.stringify({ data: { by: writer } });
        const response = await requestApi(lambda).request(`http://localhost/v1${path}`, {
          method: "PUT",
          headers: { ...AUTHORIZATION, "if-match": state },
          body,
        });
        return response.status;
      }),
    );

    expect(answers.toSorted()).toEqual([200, ...Array(lambdas.length - 1).fill(412)]);
  });

  it("creates an object once when many create it with the same id", async () => {
    await store.put("/buckets/same");
    await store.put("/buckets/same/collections/c");
    const create = async (lambda: ApiApp) => {
      const response = await requestApi(lambda).request("http://localhost/v1/buckets/same/collections/c/records", {
        method: "POST",
        headers: AUTHORIZATION,
        body: JSON.stringify({ data: { id: "one" } }),
      });
      return { status: response.status, text: await response.text() };
    };

    const answers = await Promise.all(lambdas.map(create));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(lambdas.length - 1).fill(200), 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });
});
