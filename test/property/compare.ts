import { expect } from "@jest/globals";
import type { TestRequest, TestResponse } from "../start-store.ts";
import { expectedResult, type Permissions, permissionsOf, type Settings, type Tree } from "./permissions.ts";
import { BUCKETS, type ObjectDraft, USERS, type UserRequest } from "./trees.ts";

/** A store's HTTP API, and the ids of its users by name. */
export interface StoreApi {
  readonly send: (path: string, more?: TestRequest) => Promise<TestResponse>;
  readonly ids: ReadonlyMap<string, string>;
  /** The store's settings, with ids as principals. */
  readonly settings: Settings;
}

const OWNER = "owner";
let trees = 0;

/**
 * Creates objects in the store and in the model, sends requests to both, and expects the same results. The buckets have
 * unique names and are deleted at the end.
 */
export const compare = async (
  { send, ids, settings }: StoreApi,
  objects: readonly ObjectDraft[],
  requests: readonly UserRequest[],
): Promise<void> => {
  const own = (text: string) => text.replace(/^\/buckets\/(?=.)/, `/buckets/t${trees}`);
  const named = (principal: string) => ids.get(principal) ?? own(principal);
  const asNamed = ({ permissions, members }: Partial<Pick<ObjectDraft, "permissions" | "members">>) => ({
    ...(permissions && {
      permissions: Object.fromEntries(Object.entries(permissions).map(([name, given]) => [name, given.map(named)])),
    }),
    ...(members && { members: members.map(named) }),
  });
  const userOf = (as: string | null) => (as === null ? null : (ids.get(as) ?? as));
  trees++;

  let tree: Tree = new Map();
  /** Sends a request to both. */
  const compareRequest = async ({
    at,
    as,
    method,
    id,
    onlyNew,
    ...given
  }: Omit<UserRequest, "as"> & { readonly as: string | null }) => {
    const more = asNamed(given);
    const to = own(at);
    // A posted bucket needs a unique name too.
    const posted = id === undefined ? undefined : at === "/buckets" ? `t${trees}${id}` : id;
    const expected = expectedResult(tree, settings, {
      at: to,
      as: userOf(as),
      method,
      ...more,
      ...(posted !== undefined && { id: posted }),
      ...(onlyNew && { onlyNew }),
    });
    const body = {
      data: {
        ...(posted !== undefined && method === "POST" && { id: posted }),
        ...(more.members && { members: more.members }),
      },
      ...(more.permissions && { permissions: more.permissions }),
    };
    const answer = await send(to, {
      as,
      method,
      ...(method !== "GET" && method !== "DELETE" && { body }),
      ...(onlyNew && method === "PUT" && { headers: { "if-none-match": "*" } }),
    });
    expect({ method, at: to, as, ...toResult(answer) }).toEqual({
      method,
      at: to,
      as,
      status: expected.status,
      ...(expected.ids && { ids: expected.ids.toSorted() }),
      ...(expected.permissions && { permissions: sorted(expected.permissions) }),
    });
    tree = expected.tree;
    return expected.status;
  };

  try {
    for (const { at, ...given } of objects) await compareRequest({ at, as: OWNER, method: "PUT", ...given });
    for (const request of requests) await compareRequest(request);
    for (const as of USERS) await comparePermissions({ send, settings, tree, as, user: userOf(as) });
  } finally {
    // Also delete buckets that the model does not have: they would appear as differences in the next run.
    for (const bucket of BUCKETS.map(own)) {
      for (const as of [OWNER, ...USERS]) if ((await send(bucket, { as, method: "DELETE" })).status === 200) break;
    }
  }
};

const comparePermissions = async ({
  send,
  settings,
  tree,
  as,
  user,
}: {
  send: StoreApi["send"];
  settings: Settings;
  tree: Tree;
  as: string | null;
  user: string | null;
}): Promise<void> => {
  const { status, body } = await send("/permissions", { as });
  expect(status).toBe(200);
  const entries = body.data.map(({ uri, permissions }: { uri: string; permissions: string[] }) => [
    uri,
    permissions.toSorted(),
  ]);
  expect({ as, entries: Object.fromEntries(entries) }).toEqual({
    as,
    entries: Object.fromEntries(permissionsOf(tree, settings, user)),
  });
};

/** Returns the parts of a response that depend on permissions. */
const toResult = ({ status, body }: TestResponse) => ({
  status,
  ...(status < 300 && Array.isArray(body.data) && { ids: body.data.map(({ id }: { id: string }) => id).toSorted() }),
  ...(status < 300 && body.permissions !== undefined && { permissions: sorted(body.permissions) }),
});

const sorted = (permissions: Permissions): Permissions =>
  Object.fromEntries(Object.entries(permissions).map(([name, given]) => [name, given.toSorted()] as const));
