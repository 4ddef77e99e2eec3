import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const LIST = "/buckets/a/collections/c/records";

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a", { acl: { write: [OWNER] } });
  await store.put("/buckets/a/collections/c");
});
afterAll(() => store[Symbol.asyncDispose]());

const issues = (name: string, description: string) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name, description }],
});

describe("storeObject", () => {
  it("refuses more than 1000 principals, and more than 5000 members of a group", async () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
    const create = (permissions: Record<string, string[]>) => failureOf(store.as(OWNER).create(LIST, { permissions }));

    expect(await create({ read: names(1000) })).toMatchObject(
      issues(
        "permissions",
        "The object has 1001 principals in its permissions; at most 1000 are allowed. Put users into a group and name the group",
      ),
    );
    expect(await create({ read: names(500), write: names(499) })).toHaveProperty("accepted");
    expect(
      await failureOf(store.as(OWNER).create("/buckets/a/groups", { data: { members: names(5001) } })),
    ).toMatchObject(issues("data.members", "The group has 5001 members; at most 5000 are allowed. Use several groups"));
    const members = Array.from({ length: 5000 }, () => "u");
    expect(await failureOf(store.as(OWNER).create("/buckets/a/groups", { data: { members } }))).toHaveProperty(
      "accepted",
    );
    expect(await failureOf(store.as(OWNER).create(LIST, { data: { members: names(5001) } }))).toHaveProperty(
      "accepted",
    );
  });
});
