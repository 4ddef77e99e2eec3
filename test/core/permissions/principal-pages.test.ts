import { describe, expect, it } from "@jest/globals";
import { findNamedGroups, readPrincipals } from "../../../core/permissions/principals.ts";
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
