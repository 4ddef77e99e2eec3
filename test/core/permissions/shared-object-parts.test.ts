import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { findSharedObjects, type SharePlace } from "../../../core/permissions/shared-objects.ts";
import { RESOURCES } from "../../../core/resources.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";
import { NO_GRANTS } from "./no-grants.ts";

const OWNER = "basicauth:owner";
const record = (id: string) => `/buckets/a/collections/c/records/${id}`;

/** The objects of each read of permissions. */
let reads: number[] = [];
/** The size of each object, whatever is in it; default: its real one. */
let bytesPerObject: number | undefined;
/** The size of what is read to check groups; default: its real one. */
let bytesOfBuckets: number | undefined;

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects({
    wrap: (store) => ({
      ...store,
      readHeads: async (request) => {
        const { heads, bytes } = await store.readHeads(request);
        const count = request.objects.length;
        if (count === 0) return { heads, bytes: bytesOfBuckets ?? bytes };
        reads.push(count);
        return { heads, bytes: bytesPerObject === undefined ? bytes : count * bytesPerObject };
      },
    }),
  });
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
});
afterAll(() => objects[Symbol.asyncDispose]());
beforeEach(() => {
  [reads, bytesPerObject, bytesOfBuckets] = [[], undefined, undefined];
});

/** The ids of each part of the objects that name a user, and where the next part starts. */
const findParts = async (user = OWNER) => {
  const parts: { ids: readonly string[]; next: SharePlace | undefined }[] = [];
  let place: SharePlace | undefined;
  do {
    const context = { grants: NO_GRANTS, resources: RESOURCES };
    const query = { place, budget: new ReadBudget(64_000_000) };
    const found = await findSharedObjects(objects.newSession(), context, user, query);
    parts.push({ ids: found.objects.map(({ ref }) => ref.id), next: found.next });
    place = found.next;
  } while (place !== undefined);
  return parts;
};

describe("objects that are shared with a user", () => {
  it("come in parts of about 2000 principals", async () => {
    const others = (id: string) => Array.from({ length: 799 }, (_, index) => `basicauth:${id}-${index}`);
    for (const id of ["p1", "p2", "p3", "p4", "p5"])
      await objects.put(record(id), { acl: { read: [OWNER, ...others(id)] } });

    expect(await findParts()).toEqual([
      { ids: ["p5", "p4", "p3"], next: { position: "/buckets/a/collections/c/records#p3" } },
      { ids: ["p2", "p1"], next: undefined },
    ]);
  });

  describe("if there are 45", () => {
    const MANY = "basicauth:many";
    beforeAll(() =>
      objects.putAll(
        Array.from({ length: 45 }, (_, index) => record(`m${index}`)),
        { acl: { read: [MANY] } },
      ),
    );

    it.each([
      [16_000, [20, 25]],
      [16_001, [20, 20, 5]],
    ])("of %j bytes each, are read in steps of %j", async (bytes, steps) => {
      bytesPerObject = bytes;
      await findParts(MANY);

      expect(reads).toEqual(steps);
    });

    it.each([
      [399_999, [40, 5]],
      [400_000, [20, 20, 5]],
    ])("of %j bytes each, come in parts of %j", async (bytes, lengths) => {
      bytesPerObject = bytes;

      expect((await findParts(MANY)).map(({ ids }) => ids.length)).toEqual(lengths);
    });
  });

  it("by many groups come in a part for each page of groups", async () => {
    const MEMBER = "basicauth:member";
    const group = (n: number) => `/buckets/a/groups/g${String(n).padStart(2, "0")}`;
    await objects.putAll(
      Array.from({ length: 30 }, (_, index) => group(index)),
      { data: { members: [MEMBER] } },
    );
    await objects.put(record("early"), { acl: { read: [group(5)] } });
    await objects.put(record("late"), { acl: { read: [group(28)] } });
    await objects.put(record("both"), { acl: { read: [group(6), group(29)] } });
    bytesOfBuckets = 17_000_000;

    expect(await findParts(MEMBER)).toEqual([
      { ids: ["early", "both"], next: { group: group(24) } },
      { ids: ["late"], next: undefined },
    ]);
  });
});
