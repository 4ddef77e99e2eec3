import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findNamedGroups, readPrincipals } from "../../../core/permissions/principals.ts";
import type { Membership, StoredObject } from "../../../core/ports/store.ts";
import { openObjects } from "../open-objects.ts";

describe("groups of a user in many of them", () => {
  it("are returned in pages of several hundred", async () => {
    const objects = await openObjects();
    const busy = "basicauth:in-500";
    const groups = Array.from(
      { length: 510 },
      (_, index) => `/buckets/pages/groups/g${String(index).padStart(3, "0")}`,
    );
    const late = "/buckets/pages/groups/z";
    await objects.put("/buckets/pages");
    await objects.putAll(groups, { data: { members: [busy] } });
    await objects.put(late, { data: { members: ["system.Authenticated"] } });

    const first = await readPrincipals(objects.newSession(), busy);
    const second = await readPrincipals(objects.newSession(), busy, first.next);
    expect(first).toEqual({
      principals: [busy, "system.Everyone", "system.Authenticated", ...groups.slice(0, 500)],
      next: groups[499],
    });
    expect(second).toEqual({ principals: [...groups.slice(500), late] });
    expect(await findNamedGroups(objects.newSession(), busy, [groups[505] as string, late])).toEqual([groups[505]]);
    await objects[Symbol.asyncDispose]();
  });
});

describe("groups of a user that are large to check", () => {
  const USER = "basicauth:user";
  const groupsOf = (bucket: string) =>
    Array.from({ length: 30 }, (_, index) => `/buckets/${bucket}/groups/g${String(index).padStart(2, "0")}`);
  /** The size of the buckets that are read for 25 groups. */
  let bytesOfBuckets = 0;
  /** The size of each group; it is read only when its membership is unverified. */
  let bytesOfGroup: number | undefined;
  const markUnverified = ({ groups, ...page }: { readonly groups: readonly Membership[] }) => ({
    ...page,
    groups: groups.map((membership) => ({ ...membership, unverified: bytesOfGroup !== undefined })),
  });
  const pad = (object: StoredObject) => ({ ...object, json: object.json.padEnd(bytesOfGroup ?? 0) });

  let objects: Awaited<ReturnType<typeof openObjects>>;
  beforeAll(async () => {
    objects = await openObjects({
      wrap: (store) => ({
        ...store,
        readHeads: async (request) => ({ ...(await store.readHeads(request)), bytes: bytesOfBuckets }),
        readMemberships: async (member, after) => markUnverified(await store.readMemberships(member, after)),
        read: async (request) => {
          const snapshot = await store.read(request);
          return {
            ...snapshot,
            objects: new Map([...snapshot.objects].map(([uri, object]) => [uri, pad(object)])),
            memberships: new Map([...snapshot.memberships].map(([member, page]) => [member, markUnverified(page)])),
          };
        },
      }),
    });
    for (const bucket of ["a", "m", "z"]) await objects.put(`/buckets/${bucket}`);
    await objects.putAll(groupsOf("m"), { data: { members: [USER] } });
  });
  afterAll(() => objects[Symbol.asyncDispose]());

  /** The groups of each page. */
  const readPages = async () => {
    const pages: (readonly string[])[] = [];
    let next: string | undefined;
    do {
      const page = await readPrincipals(objects.newSession(), USER, next);
      pages.push(page.principals.filter((principal) => principal.startsWith("/buckets/")));
      next = page.next;
    } while (next !== undefined);
    return pages;
  };

  it.each([
    [16_000_000, undefined, [30]],
    [16_000_001, undefined, [25, 5]],
    [0, 640_000, [30]],
    [0, 640_001, [25, 5]],
    [8_000_000, 320_001, [25, 5]],
  ])("come in pages: buckets of %j bytes, each group of %j: %j", async (buckets, group, lengths) => {
    [bytesOfBuckets, bytesOfGroup] = [buckets, group];

    expect((await readPages()).map(({ length }) => length)).toEqual(lengths);
  });

  it("end a page at the first group that was not checked, whether the user or all users are its members", async () => {
    [bytesOfBuckets, bytesOfGroup] = [17_000_000, undefined];
    const [a, m, z] = [groupsOf("a"), groupsOf("m"), groupsOf("z")];

    await objects.putAll(z, { data: { members: ["system.Authenticated"] } });
    expect(await readPages()).toEqual([m.slice(0, 25), [...m.slice(25), ...z.slice(0, 25)], z.slice(25)]);
    await objects.putAll(a, { data: { members: ["system.Authenticated"] } });
    expect(await readPages()).toEqual([
      a.slice(0, 25),
      [...a.slice(25), ...m.slice(0, 25)],
      [...m.slice(25), ...z.slice(0, 25)],
      z.slice(25),
    ]);
  });
});
