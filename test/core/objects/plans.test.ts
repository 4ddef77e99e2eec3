import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openUseCases } from "./open-use-cases.ts";

const EVERYONE = "system.Everyone";
const LIST = "/buckets/a/collections/c/records";
const URI = `${LIST}/r`;

let calls = { reads: 0, commits: 0 };
let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({
    wrap: (opened) => ({
      ...opened,
      read: (request) => {
        calls.reads++;
        return opened.read(request);
      },
      commit: (commit, prepared) => {
        calls.commits++;
        return opened.commit(commit, prepared);
      },
    }),
  });
  await store.put("/buckets/a", { acl: { write: [EVERYONE] } });
  await store.put("/buckets/a/collections/c");
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await store.put(URI);
  calls = { reads: 0, commits: 0 };
});

const anyone = () => store.as(null);

describe("the plan of a use case", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["get an object", () => anyone().get(URI)],
    ["list objects", () => anyone().list(LIST)],
    ["create an object", () => anyone().create(LIST)],
    ["create an object of an id", () => anyone().create(LIST, { data: { id: "new" } })],
    ["create a collection", () => anyone().create("/buckets/a/collections", { data: { id: "new" } })],
    ["replace an object", () => anyone().replace(URI, { data: { a: 1 } })],
    ["patch an object", () => anyone().patch(URI, { kind: "fields", data: { a: 1 } })],
    ["delete an object", () => anyone().delete(URI)],
  ])("names all that must be read to %s", async (_, run) => {
    await run();

    expect(calls.reads).toBe(1);
  });

  it.each<[string, (uri: string) => Promise<unknown>]>([
    ["create objects", () => anyone().create(LIST)],
    ["create objects of an id", (uri) => anyone().create(LIST, { data: { id: `${uri.at(-1)}` } })],
    ["replace objects", (uri) => anyone().replace(uri, { data: { a: 1 } })],
    ["patch objects", (uri) => anyone().patch(uri, { kind: "fields", data: { a: 1 } })],
    ["delete objects", (uri) => anyone().delete(uri)],
    ["delete lists of objects", (uri) => anyone().deleteAll(LIST, `id=${uri.split("/").at(-1)}`)],
  ])("lets those who %s of one list wait for each other", async (_, run) => {
    const uris = [1, 2, 3, 4].map((n) => `${LIST}/x${n}`);
    await store.putAll(uris);
    calls.commits = 0;
    await Promise.all(uris.map(run));

    expect(calls.commits).toBe(4);
  });
});
