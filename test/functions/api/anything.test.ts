import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ERRORS } from "../../../core/errors.ts";
import fc, { codePoint } from "../../fast-check.ts";
import { sendRaw } from "../../send-raw.ts";
import { startStore, type TestResponse, type TestStore } from "../../start-store.ts";

/** Every pair of status and errno that the protocol knows. */
const KNOWN = Object.values(ERRORS).map(([status, errno]) => `${status} ${errno}`);

const expectRefusal = ({ status, headers, body }: TestResponse, head: boolean): void => {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  if (head) return;
  expect(headers.get("content-type")).toMatch(/^application\/json/);
  expect(body).toMatchObject({ code: status, errno: expect.any(Number), error: expect.any(String) });
  expect(KNOWN).toContain(`${status} ${body.errno}`);
};

const login = (user: string) => `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("buckets", "collections", "records", "groups", "f1", "f2", "c", "r", "r1") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "..",
      "%2e%2e",
      "%00",
      "%",
      "%zz",
      "#clock",
      "*",
      "__heartbeat__",
      "batch",
      "a%2Fb",
      "default",
      "search",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: codePoint, maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
  },
);
const COLLECTION = "/buckets/f1/collections/c";
const place = fc.constantFrom(
  "/",
  "/buckets",
  "/buckets/f1",
  "/buckets/f1/collections",
  COLLECTION,
  `${COLLECTION}/records`,
  `${COLLECTION}/records/r`,
  "/buckets/f1/groups",
  "/buckets/f1/groups/g",
  `${COLLECTION}/search`,
);
const path = fc.oneof(
  { weight: 3, arbitrary: place },
  { weight: 1, arbitrary: fc.array(word, { maxLength: 7 }).map((words) => `/${words.join("/")}`) },
);

const scalar = fc.oneof(
  fc.constantFrom("0", "1", "-1", "null", '"5"', "9999999999999", "x", "", "%", "%00"),
  fc.string({ maxLength: 6 }).map(encodeURIComponent),
);
const query = fc.array(
  fc.tuple(fc.constantFrom("_limit", "_since", "_before", "_token", "_sort", "_fields", "title", "_x", "%"), scalar),
  { maxLength: 2 },
);
const target = fc
  .tuple(path, query)
  .map(([at, pairs]) => (pairs.length === 0 ? at : `${at}?${pairs.map((pair) => pair.join("=")).join("&")}`));

const permissions = fc.dictionary(
  fc.constantFrom("read", "write", "record:create", "collection:create", "nope"),
  fc.array(fc.oneof(fc.string(), fc.constant("system.Everyone"), fc.jsonValue()), { maxLength: 3 }),
);
const data = fc.oneof(
  fc.jsonValue(),
  fc.record(
    { id: fc.oneof(fc.constantFrom("r", "f1", "g"), fc.jsonValue()), members: fc.jsonValue(), title: fc.jsonValue() },
    { requiredKeys: [] },
  ),
);
const body = fc.oneof(
  fc
    .record({ data, permissions: fc.oneof(permissions, fc.jsonValue()) }, { requiredKeys: [] })
    .map((given) => JSON.stringify(given)),
  fc.jsonValue({ stringUnit: codePoint }).map((given) => JSON.stringify(given)),
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.uint8Array({ maxLength: 20 }),
);

const visible = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f);
const text = fc.string({ unit: visible.map((code) => String.fromCharCode(code)), maxLength: 12 });
const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(login("fay"), login("fay"), login("fred")) },
      { weight: 1, arbitrary: text },
    ),
    "if-match": fc.oneof(fc.constantFrom("*", '"5"', '"1600000000000"'), text),
    "if-none-match": fc.oneof(fc.constantFrom("*", '"5"'), text),
    "content-type": fc.oneof({ weight: 9, arbitrary: fc.constant("application/json") }, { weight: 1, arbitrary: text }),
    accept: fc.oneof(fc.constantFrom("*/*", "text/html"), text),
    host: fc.oneof(
      { weight: 9, arbitrary: fc.constant("store.localhost") },
      { weight: 1, arbitrary: text.filter((host) => !URL.canParse(`http://${host}`)) },
    ),
    "x-forwarded-host": text,
    range: text,
    cookie: text,
  },
  { requiredKeys: [] },
);
const request = fc.record({
  method: fc.constantFrom(
    "GET",
    "GET",
    "HEAD",
    "PUT",
    "PUT",
    "POST",
    "POST",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "TRACE",
  ),
  path: target,
  headers: headers.map((given) => ({ authorization: login("fay"), ...given })),
  body: fc.option(body, { nil: undefined }),
});

describe("a random request", () => {
  let store: TestStore;

  beforeAll(async () => {
    store = await startStore();
    await store.put("/buckets/f1", {}, { as: "fay" });
    await store.put(COLLECTION, {}, { as: "fay" });
  });
  afterAll(() => store.close());

  it("gets a documented response, and never a server error", async () => {
    const statuses = new Map<number, number>();

    await fc.assert(
      fc.asyncProperty(request, async ({ body: sent, ...given }) => {
        const answer = await sendRaw(store.url, { ...given, ...(sent !== undefined && { body: sent }) });

        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (![200, 201, 304, 307].includes(answer.status)) expectRefusal(answer, given.method === "HEAD");
      }),
      { numRuns: Number(process.env.RUNS ?? 1000) },
    );

    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405]));
    expect(store.logLines.filter((line) => line.includes('"ERROR"'))).toEqual([]);
  }, 120_000);
});
