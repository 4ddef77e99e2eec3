import { expect } from "@jest/globals";
import type { TestRequest, TestResponse } from "../start-store.ts";
import { type Permissions, permissionsOf, type Settings, type Tree, verdict } from "./permissions.ts";
import { ASKERS, BUCKETS, type Planting, type Question } from "./trees.ts";

/** A store by its public door: askers by name, and their ids. */
export interface Door {
  readonly ask: (path: string, more?: TestRequest) => Promise<TestResponse>;
  readonly ids: ReadonlyMap<string, string>;
  /** As the store was started with, principals being ids. */
  readonly settings: Settings;
}

const OWNER = "owner";
let trees = 0;

/**
 * Plants a tree in the store and in the model, asks both, and expects the same of both. The buckets have names that no other
 * tree's have, and are gone at the end.
 */
export const compare = async (
  { ask, ids, settings }: Door,
  plantings: readonly Planting[],
  questions: readonly Question[],
): Promise<void> => {
  const own = (text: string) => text.replace(/^\/buckets\/(?=.)/, `/buckets/t${trees}`);
  const named = (principal: string) => ids.get(principal) ?? own(principal);
  const asNamed = ({ permissions, members }: Partial<Pick<Planting, "permissions" | "members">>) => ({
    ...(permissions && {
      permissions: Object.fromEntries(Object.entries(permissions).map(([name, given]) => [name, given.map(named)])),
    }),
    ...(members && { members: members.map(named) }),
  });
  const userOf = (as: string | null) => (as === null ? null : (ids.get(as) ?? as));
  trees++;

  let tree: Tree = new Map();
  /** Asks both. */
  const put = async ({
    at,
    as,
    method,
    id,
    onlyNew,
    ...given
  }: Omit<Question, "as"> & { readonly as: string | null }) => {
    const more = asNamed(given);
    const to = own(at);
    // A bucket that is posted has a name of this tree's as well.
    const posted = id === undefined ? undefined : at === "/buckets" ? `t${trees}${id}` : id;
    const expected = verdict(tree, settings, {
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
    const answer = await ask(to, {
      as,
      method,
      ...(method !== "GET" && method !== "DELETE" && { body }),
      ...(onlyNew && method === "PUT" && { headers: { "if-none-match": "*" } }),
    });
    expect({ method, at: to, as, ...seen(answer) }).toEqual({
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
    for (const { at, ...given } of plantings) await put({ at, as: OWNER, method: "PUT", ...given });
    for (const question of questions) await put(question);
    for (const as of ASKERS) await comparePermissions({ ask, settings, tree, as, user: userOf(as) });
  } finally {
    // Also those that the model does not know of: what is left over would be taken for a difference in the next tree.
    for (const bucket of BUCKETS.map(own)) {
      for (const as of [OWNER, ...ASKERS]) if ((await ask(bucket, { as, method: "DELETE" })).status === 200) break;
    }
  }
};

const comparePermissions = async ({
  ask,
  settings,
  tree,
  as,
  user,
}: {
  ask: Door["ask"];
  settings: Settings;
  tree: Tree;
  as: string | null;
  user: string | null;
}): Promise<void> => {
  const { status, body } = await ask("/permissions", { as });
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

/** What an answer shows that is a matter of permissions. */
const seen = ({ status, body }: TestResponse) => ({
  status,
  ...(status < 300 && Array.isArray(body.data) && { ids: body.data.map(({ id }: { id: string }) => id).toSorted() }),
  ...(status < 300 && body.permissions !== undefined && { permissions: sorted(body.permissions) }),
});

const sorted = (permissions: Permissions): Permissions =>
  Object.fromEntries(Object.entries(permissions).map(([name, given]) => [name, given.toSorted()] as const));
