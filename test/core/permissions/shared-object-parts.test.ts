import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { findSharedObjects, type SharePlace } from "../../../core/permissions/shared-objects.ts";
import { RESOURCES } from "../../../core/resources.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";
import { NO_GRANTS } from "./no-grants.ts";

const OWNER = "basicauth:owner";
const LIST = "/buckets/a/collections/c/records";
const record = (id: string) => `${LIST}/${id}`;

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

/** The ids of a part of the objects that name a user, its place, and where the next part starts. */
const find = async (user: string, start: SharePlace | undefined, budget = new ReadBudget(64_000_000)) => {
  const context = { grants: NO_GRANTS, resources: RESOURCES };
  const query = { place: start, budget };
  const { objects: found, next, place } = await findSharedObjects(objects.newSession(), context, user, query);
  return { ids: found.map(({ ref }) => ref.id), next, place };
};

const findParts = async (user = OWNER) => {
  const parts: Awaited<ReturnType<typeof find>>[] = [];
  let place: SharePlace | undefined;
  do {
    const part = await find(user, place);
    parts.push(part);
    place = part.next;
  } while (place !== undefined);
  return parts;
};

describe("objects that are shared with a user", () => {
  it("come in parts of about 2000 principals", async () => {
    // Repeated principals are quick to store.
    const acl = { read: Array.from({ length: 800 }, () => OWNER) };
    for (const id of ["p1", "p2", "p3", "p4", "p5"]) await objects.put(record(id), { acl });

    const parts = await findParts();
    expect(parts).toMatchObject([
      { ids: ["p5", "p4", "p3"], next: { position: `${LIST}#p3` } },
      { ids: ["p2", "p1"], next: undefined },
    ]);
    // The first part is full, also when it is found again.
    await objects.put(record("p3"), { acl: { read: [OWNER] } });
    expect(await find(OWNER, parts[0]?.place)).toEqual(parts[0]);
  });

  it("end earlier when they are found again, and others have shared much meanwhile", async () => {
    const VICTIM = "basicauth:victim";
    const share = (ids: readonly string[], count: number) => {
      const acl = { read: Array.from({ length: count }, () => VICTIM) };
      return objects.putAll(ids.map(record), { acl });
    };
    await share(["v1", "v9"], 1000);
    await share(["v0"], 1);
    const [first] = await findParts(VICTIM);
    expect(first).toMatchObject({ ids: ["v9", "v1"], place: { until: `${LIST}#v1` } });
    await share(["v2", "v3", "v4", "v5", "v6", "v7", "v8"], 1000);

    const again = await find(VICTIM, first?.place);
    const position = `${LIST}#v2`;
    expect(again).toEqual({
      ids: ["v9", "v8", "v7", "v6", "v5", "v4", "v3", "v2"],
      place: { until: position },
      next: { position },
    });
    expect(await find(VICTIM, again.next)).toMatchObject({ ids: ["v1", "v0"], next: undefined });
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

    it("are read only if the request may read more", async () => {
      bytesPerObject = 1000;
      const budget = new ReadBudget(360_000);
      await find(MANY, undefined, budget);
      await expect(find(MANY, undefined, new ReadBudget(0))).rejects.toMatchObject({ kind: "REQUEST_TOO_LARGE" });

      expect([reads, budget.restBytes]).toEqual([[20, 25], 315_000]);
    });

    it("are found again by the place of their part, although sizes have changed and some were deleted", async () => {
      bytesPerObject = 400_000;
      const parts = await findParts(MANY);
      const deleted = [parts[0]?.ids[3], parts[1]?.ids[19]].map(String);
      for (const id of deleted) await objects.remove(record(id));

      for (const bytes of [1, 1_000_000]) {
        bytesPerObject = bytes;
        for (const part of parts)
          expect(await find(MANY, part.place)).toEqual({
            ...part,
            ids: part.ids.filter((id) => !deleted.includes(id)),
          });
      }
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

    expect(await findParts(MEMBER)).toMatchObject([
      { ids: ["early", "both"], next: { group: group(24) } },
      { ids: ["late"], next: undefined },
    ]);
  });
});
