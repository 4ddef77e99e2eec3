import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../../config/config.ts";
import { readOverrides } from "../../../config/environment.ts";
import { type GrantPlace, listGrantedPermissions } from "../../../core/permissions/granted-permissions.ts";
import { RESOURCES } from "../../../core/resources.ts";
import { createGrants } from "../../../core/settings.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";

describe("listGrantedPermissions of many or large objects", () => {
  const OWNER = "basicauth:owner";
  const uris = Array.from({ length: 24 }, (_, index) => `/buckets/large/collections/c${index}`);
  let large: Awaited<ReturnType<typeof openObjects>>;
  beforeAll(async () => {
    large = await openObjects();
    await large.put("/buckets/large");
    for (const uri of uris) await large.put(uri, { data: { text: "x".repeat(380_000) } });
    // Repeated principals are quick to store.
    const acl = { read: Array.from({ length: 901 }, () => OWNER) };
    for (const id of ["g", "h", "i"]) await large.put(`/buckets/large/groups/${id}`, { acl });
  });
  afterAll(() => large[Symbol.asyncDispose]());

  it("lists each object in one part", async () => {
    const settings = { bucketCreatePrincipals: [OWNER], collectionReadPrincipals: [OWNER] };
    const grants = createGrants(readConfig({ plugins: [], settings }, readOverrides({})).settings, RESOURCES);
    const parts: { uris: readonly string[]; next: GrantPlace | undefined }[] = [];
    let place: GrantPlace | undefined;
    do {
      const context = { grants, resources: RESOURCES };
      const budget = new ReadBudget(64_000_000);
      const part = await listGrantedPermissions(large.newSession(), context, OWNER, place, budget);
      parts.push({ uris: part.entries.map(({ uri }) => uri), next: part.next });
      place = part.next;
    } while (place !== undefined);

    expect(parts.flatMap((part) => part.uris).toSorted()).toEqual(
      ["/", ...uris, ...["g", "h", "i"].map((id) => `/buckets/large/groups/${id}`)].toSorted(),
    );
    // Of 901 principals each, three objects fill a part; of 380 KB each, 22.
    expect(parts.map((part) => part.next)).toEqual([{ visited: expect.any(String) }, undefined]);
    const budget = new ReadBudget(64_000_000);
    await listGrantedPermissions(large.newSession(), { grants, resources: RESOURCES }, OWNER, parts[0]?.next, budget);
    expect(budget.restBytes).toBeLessThan(64_000_000 - 380_000);
  });

  it("lists the objects that name a user in parts", async () => {
    const USER = "basicauth:named";
    const grants = createGrants(readConfig({ plugins: [], settings: {} }, readOverrides({})).settings, RESOURCES);
    const list = (place?: GrantPlace) => {
      const context = { grants, resources: RESOURCES };
      return listGrantedPermissions(large.newSession(), context, USER, place, new ReadBudget(64_000_000));
    };
    // A part has 2000 principals.
    for (const id of ["j", "k"])
      await large.put(`/buckets/large/groups/${id}`, { acl: { read: Array.from({ length: 2000 }, () => USER) } });
    const first = await list();
    const second = await list(first.next);

    expect(first).toMatchObject({ entries: [{ uri: "/" }, { uri: "/buckets/large/groups/k" }] });
    expect(first.next).toEqual({ position: "/buckets/large/groups#k" });
    expect(second.entries).toMatchObject([{ uri: "/buckets/large/groups/j" }]);
    expect(second.next).toBeUndefined();
  });
});
