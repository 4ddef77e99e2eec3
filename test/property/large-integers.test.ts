import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, type JsonObject } from "@kintoun/kit";
import { compareValues } from "../../core/lists/values.ts";
import { type Json, parseJson } from "../../lib/json.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { ndjson } from "../../plugins/ndjson/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";

const C = "/buckets/b/collections/c";
const R = `${C}/records`;
const HUGE = 12345678901234567890123456789012345678n;

/** Integers of up to 38 digits as `Json` has them, more of them where doubles are too coarse to tell them apart. */
const integer = fc
  .oneof(
    fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }),
    fc
      .tuple(fc.constantFrom(0n, 2n ** 53n, -(2n ** 53n), 2n ** 63n, -(2n ** 63n)), fc.bigInt({ min: -3n, max: 3n }))
      .map(([base, offset]) => base + offset),
  )
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    integer,
    fc.constantFrom(null, true, 0.5, "9007199254740993"),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("json"), { noNullPrototype: true }),
  ),
}));

describe("integers of up to 38 digits", () => {
  const events: ChangeEvent[] = [];
  const inHook: Json[] = [];
  let store: TestStore;
  beforeAll(async () => {
    const reader = definePlugin({
      name: "reader",
      about: "Reads large integers, and adds one to `count`.",
      hooks: {
        before: {
          add: {
            on: ["record.update"],
            run: ({ new: data }) => {
              inHook.push(data.count ?? null);
              return typeof data.count === "bigint" ? { ...data, count: data.count + 1n } : undefined;
            },
          },
        },
      },
      listeners: { keep: { on: ["record.update"], run: (event) => void events.push(event) } },
    });
    store = await startStore({ plugins: [basicauth(), reader(), ndjson(), csv(), xml()] });
    await store.put("/buckets/b");
    await store.put(C);
  });
  afterAll(() => store?.close());

  it("are the same in every kind of request and response", async () => {
    const accept = { headers: { accept: "application/x-ndjson" } };
    await fc.assert(
      fc.asyncProperty(json, json, async (value, other) => {
        const first = await store.put(`${R}/x`, { data: { value } });
        expect(first.body.data.value).toEqual(value);
        expect((await store.get(`${R}/x`)).body.data.value).toEqual(value);
        expect((await store.get(`${R}?id=x`)).body.data[0].value).toEqual(value);
        const lines = String((await store.get(`${R}?id=x`, accept)).body);
        expect((parseJson(lines) as JsonObject).value).toEqual(value);

        await store.patch(`${R}/x`, { data: { other } });
        expect((await store.get(`${R}/x`)).body.data).toMatchObject({ value, other });
        const merge = { headers: { "content-type": "application/merge-patch+json" } };
        await store.patch(`${R}/x`, { data: { merged: { other: value } } }, merge);
        const merged = (await store.get(`${R}/x`)).body.data.merged.other;
        expect(merged ?? null).toEqual(value === null ? null : isPlain(value) ? withoutNulls(value) : value);

        const batch = await store.post("/batch", {
          requests: [
            { method: "PUT", path: `${R}/y`, body: { data: { value: other } } },
            { method: "GET", path: `${R}/y` },
          ],
        });
        expect(batch.body.responses.map(({ body }: { body: { data: JsonObject } }) => body.data.value)).toEqual([
          other,
          other,
        ]);
      }),
      { numRuns: 25 },
    );
  });

  it("are equal to themselves alone, and sorted by their value", async () => {
    await store.put(`${C}s`);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(integer, { minLength: 2, maxLength: 6 }), integer, async (values, bound) => {
        const list = `/buckets/b/collections/cs/records`;
        await store.delete(list);
        for (const [index, n] of values.entries()) await store.put(`${list}/r${index}`, { data: { n, list: [n] } });
        const find = async (query: string): Promise<Json[]> =>
          (await store.get(`${list}?${query}`)).body.data.map(({ n }: { n: Json }) => n);
        const sorted = values.toSorted(compareValues);

        for (const n of values) {
          expect(await find(`n=${n}`)).toEqual([n]);
          expect(await find(`in_n=${n},0.5`)).toEqual([n]);
          expect(await find(`contains_list=${n}`)).toEqual([n]);
        }
        expect(await find("_sort=n")).toEqual(sorted);
        expect(await find(`_sort=n&min_n=${bound}`)).toEqual(sorted.filter((n) => n >= bound));
        expect(await find(`_sort=n&lt_n=${bound}`)).toEqual(sorted.filter((n) => n < bound));
        expect(await find(`_sort=-n&not_n=${values[0]}`)).toEqual(sorted.toReversed().filter((n) => n !== values[0]));
        const pages: Json[] = [];
        for (let next: string | null = `${list}?_sort=n&_limit=1`; next !== null; ) {
          const page: Awaited<ReturnType<TestStore["get"]>> = await store.get(next);
          pages.push(...page.body.data.map(({ n }: { n: Json }) => n));
          next = page.headers.get("next-page");
          expect(pages.length).toBeLessThanOrEqual(values.length);
        }
        expect(pages).toEqual(sorted);
      }),
      { numRuns: 8 },
    );
  });

  it("are bigints in hooks and events, and stored if a hook returns them", async () => {
    await store.put(`${R}/hooked`, { data: { count: 1 } });
    const { body } = await store.put(`${R}/hooked`, { data: { count: 9007199254740992n, huge: HUGE } });
    await store.drain();

    expect(inHook.at(-1)).toBe(9007199254740992n);
    expect(body.data).toMatchObject({ count: 9007199254740993n, huge: HUGE });
    const text = JSON.stringify(events.at(-1));
    expect(text).toContain('"count":9007199254740993');
    expect(text).toContain(`"huge":${HUGE}`);
  });

  it("are tested exactly by JSON Patch", async () => {
    await store.put(`${R}/patched`, { data: { n: 9007199254740993n } });
    const patch = (value: string) =>
      store.patch(
        `${R}/patched`,
        `[{"op":"test","path":"/data/n","value":${value}},{"op":"copy","from":"/data/n","path":"/data/m"}]`,
        {
          headers: { "content-type": "application/json-patch+json" },
        },
      );
    expect((await patch("9007199254740992")).status).toBe(400);
    const { status, body } = await patch("9007199254740993");
    expect([status, body.data.m]).toEqual([200, 9007199254740993n]);
  });

  it("are checked exactly by schemas", async () => {
    const schema = {
      properties: {
        n: { type: "integer", minimum: 9007199254740993n, maximum: HUGE, multipleOf: 3 },
        c: { const: 9007199254740993n },
        e: { enum: [9007199254740993n] },
        u: { uniqueItems: true },
      },
    };
    await store.put(`${C}h`, { data: { schema } });
    const put = async (data: JsonObject) => (await store.put(`/buckets/b/collections/ch/records/r`, { data })).status;
    expect([await put({ n: 9007199254740993n }), await put({ n: 9007199254740996n })]).toEqual([201, 200]);
    expect([await put({ n: 9007199254740990n }), await put({ n: 9007199254740994n })]).toEqual([400, 400]);
    expect(await put({ n: HUGE + 3n })).toBe(400);
    expect([await put({ c: 9007199254740993n }), await put({ c: 9007199254740992n })]).toEqual([200, 400]);
    expect([await put({ e: 9007199254740993n }), await put({ e: 9007199254740994n })]).toEqual([200, 400]);
    expect(await put({ u: [9007199254740992n, 9007199254740993n] })).toBe(200);
    expect(await put({ u: [9007199254740993n, 9007199254740993n] })).toBe(400);
  });

  it("are written with all digits by renderers", async () => {
    await store.put(`${R}/rendered`, { data: { huge: HUGE } });
    const render = async (accept: string) => (await store.get(`${R}?id=rendered`, { headers: { accept } })).body;
    expect(await render("text/csv")).toContain(`,${HUGE}`);
    expect(await render("application/xml")).toContain(`<huge type="number">${HUGE}</huge>`);
  });
});

const isPlain = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a merge patch stores of an object. */
const withoutNulls = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === null ? [] : [[key, isPlain(inner) ? withoutNulls(inner) : inner]],
    ),
  );
