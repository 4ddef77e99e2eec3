import { describe, expect, it } from "@jest/globals";
import type { Item } from "../../../../adapters/store/dynamodb/items.ts";
import {
  fromEntryItem,
  fromIndexSortKey,
  fromJobItem,
  queuedJobOf,
  SUMMARY_ATTRIBUTES,
  summaryFromItem,
  toEntryItem,
  toIndexItems,
  toIndexSortKey,
  toJobItem,
} from "../../../../adapters/store/dynamodb/job-items.ts";
import type { JobDraft } from "../../../../core/jobs/job.ts";

const DRAFT: JobDraft = {
  ...{ id: "i", plugin: "p", kind: "action", name: "a", uri: "/buckets/b", user: "basicauth:u" },
  ...{ params: { n: [1, null] }, provenance: { request_id: "q" }, created: 5, expires: 9000, expiry: 60 },
};
const NEW = { status: "queued", attempt: 1, turn: 0, run: 0, worked: 0, begun: false, cancelling: false };
const item = (attributes: Item): Item => ({ ...toJobItem(DRAFT), ...attributes });

describe("the item of a job", () => {
  it("is read as it was drafted", () => {
    const absent = { started: undefined, ended: undefined, state: undefined, result: undefined, error: undefined };
    expect(fromJobItem(toJobItem(DRAFT))).toEqual({ ...DRAFT, ...NEW, ...absent });
    const { provenance: _, ...bare } = { ...DRAFT, uri: null, user: null };
    expect(fromJobItem(toJobItem(bare))).toEqual({ ...bare, provenance: undefined, ...NEW, ...absent });
    expect(Object.keys(toJobItem(bare))).not.toEqual(expect.arrayContaining(["uri"]));
    expect(toJobItem(bare)).not.toHaveProperty("via");
  });

  it.each<[Item, object]>([
    [
      { started: { N: "6" }, ended: { N: "7" } },
      { started: 6, ended: 7 },
    ],
    [
      { begun: { BOOL: true }, cancelling: { BOOL: true } },
      { begun: true, cancelling: true },
    ],
    [
      { begun: { BOOL: false }, cancelling: { BOOL: false } },
      { begun: false, cancelling: false },
    ],
    [
      { state: { S: "[1]" }, result: { S: "null" } },
      { state: [1], result: null },
    ],
    [
      { error: { S: "e" }, status: { S: "failed" } },
      { error: "e", status: "failed" },
    ],
    [
      { attempt: { N: "2" }, turn: { N: "3" }, run: { N: "4" }, worked: { N: "5" } },
      { attempt: 2, turn: 3, run: 4, worked: 5 },
    ],
  ])("with %j is the job with %j", (attributes, job) => {
    expect(fromJobItem(item(attributes))).toMatchObject(job);
  });

  it("expires in whole seconds, not before the job", () => {
    const expires = (ms: number) => toJobItem({ ...DRAFT, expires: ms }).expires?.N;
    expect([expires(8001), expires(9000), expires(9001)]).toEqual(["9", "9", "10"]);
  });

  it("has a summary of some attributes", () => {
    const full = item({
      started: { N: "6" },
      error: { S: "e" },
      cancelling: { BOOL: true },
      ended: { N: "7" },
      begun: { BOOL: true },
    });
    const part = Object.fromEntries(SUMMARY_ATTRIBUTES.map((name) => [name, full[name]]).filter(([, value]) => value));
    const { params: _, provenance: __, state: ___, result: ____, ...summary } = fromJobItem(full);

    expect(summaryFromItem(part as Item)).toEqual(summary);
    expect(SUMMARY_ATTRIBUTES).not.toEqual(expect.arrayContaining(["params"]));
  });
});

describe("the index items of a job", () => {
  it.each<[string | null, readonly string[]]>([
    ["basicauth:u", ["jobs#basicauth:u", "plugin-jobs#p"]],
    ["plugin:q", ["plugin-jobs#p"]],
    [null, ["plugin-jobs#p"]],
  ])("of %j are in the partitions %j", (user, partitions) => {
    const items = toIndexItems({ ...DRAFT, user }, 8500);

    expect(items.map(({ pk }) => pk?.S)).toEqual(partitions);
    for (const { sk, expires } of items) expect([sk, expires]).toEqual([{ S: "000000000000005#i" }, { N: "9" }]);
  });

  it("are in the order of time", () => {
    const [old, recent] = [toIndexSortKey({ created: 999, id: "z" }), toIndexSortKey({ created: 1000, id: "a" })];
    expect(old < recent).toBe(true);
    expect(fromIndexSortKey(recent)).toEqual({ created: 1000, id: "a" });
  });
});

describe("the entries of a job", () => {
  it("are in the order of runs and entries, apart from those of an earlier job with the same id", () => {
    const job = { id: "i", created: 5, run: 1, expires: 8500 };
    const keyOf = (run: number, index: number) => toEntryItem({ ...job, run }, index, { time: 1 }).sk?.S ?? "";
    const keys = [keyOf(1, 2), keyOf(1, 10), keyOf(2, 0), keyOf(10, 0)];

    expect(keys).toEqual(keys.toSorted());
    expect(keys[0]).toBe("entry#000000000000005.000001.000002");
    expect(toEntryItem(job, 0, { n: 1, time: 7 })).toMatchObject({ pk: { S: "job#i" }, expires: { N: "9" } });
    expect(fromEntryItem(toEntryItem(job, 0, { n: 1, time: 7 }))).toEqual({ n: 1, time: 7 });
  });
});

describe("an item that was written", () => {
  it.each<[string, Item | undefined, object | undefined]>([
    ["queues a new job", item({}), { id: "i", turn: 0, plugin: "p", delay: 0 }],
    [
      "queues a job again",
      item({ turn: { N: "2" }, delay: { N: "30" } }),
      { id: "i", turn: 2, plugin: "p", delay: 30 },
    ],
    ["is a running job", item({ status: { S: "running" } }), undefined],
    ["is no job", item({ pk: { S: "message#q" } }), undefined],
    ["was removed", undefined, undefined],
    ["has no key", { status: { S: "queued" } }, undefined],
  ])("%s", (_, written, queued) => {
    expect(queuedJobOf(written)).toEqual(queued);
  });
});
