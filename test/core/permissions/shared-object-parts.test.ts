import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findSharedObjects, type SharePlace } from "../../../core/permissions/shared-objects.ts";
import { RESOURCES } from "../../../core/resources.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";
import { NO_GRANTS } from "./no-grants.ts";

const OWNER = "basicauth:owner";
const record = (id: string) => `/buckets/a/collections/c/records/${id}`;

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
});
afterAll(() => objects[Symbol.asyncDispose]());

/** The ids of each part of the objects that name the owner, and where the next part starts. */
const findParts = async () => {
  const parts: { ids: readonly string[]; next: SharePlace | undefined }[] = [];
  let place: SharePlace | undefined;
  do {
    const context = { grants: NO_GRANTS, resources: RESOURCES };
    const query = { place, budget: new ReadBudget(64_000_000) };
    const found = await findSharedObjects(objects.newSession(), context, OWNER, query);
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
});
