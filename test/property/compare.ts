import { expect } from "@jest/globals";
import { definePlugin } from "../../kit/index.ts";
import type { TestRequest, TestResponse } from "../start-store.ts";
import {
  expectedResult,
  type Permissions,
  permissionsOf,
  type Scope,
  type Settings,
  type Tree,
} from "./permissions.ts";
import { BUCKETS, type ObjectDraft, USERS, type UserRequest } from "./trees.ts";

/** A store's HTTP API, and the ids of its users by name. */
export interface StoreApi {
  readonly send: (path: string, more?: TestRequest) => Promise<TestResponse>;
  readonly ids: ReadonlyMap<string, string>;
  /** The store's settings, with ids as principals. */
  readonly settings: Settings;
}

/** Identifies any user within a scope. The credentials are both as JSON in base64url. */
export const scoped = definePlugin({
  name: "scoped",
  about: "Identifies users within a scope, for tests.",
  authentication: {
    schemes: ["scoped"],
    challenge: "Scoped",
    identifiesOtherUsers: true,
    identify: ({ credentials }) => JSON.parse(Buffer.from(credentials, "base64url").toString()),
  },
});

type Login = Required<Pick<TestRequest, "as" | "headers">>;

const loginAs = (ids: StoreApi["ids"], as: string | null, scope: Scope | undefined): Login => {
  if (as === null || scope === undefined) return { as, headers: {} };
  return { as: null, headers: scopedHeaders(ids.get(as) ?? as, scope) };
};

/** The headers of a request by a user within a scope. */
export const scopedHeaders = (user: string, scope: Scope) => ({
  authorization: `Scoped ${Buffer.from(JSON.stringify({ user, scope, since: 0 })).toString("base64url")}`,
});

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
  const ownScope = (scope: Scope): Scope =>
    Object.fromEntries(
      Object.entries(scope).map(([name, uris]) => [
        name,
        uris.map((uri) => (uri.startsWith("/buckets/*") ? uri : own(uri))),
      ]),
    );
  const userOf = (as: string | null) => (as === null ? null : (ids.get(as) ?? as));
  trees++;

  let tree: Tree = new Map();
  /** Sends a request to both. */
  const compareRequest = async ({
    at,
    as,
    scope,
    method,
    id,
    onlyNew,
    ...given
  }: Omit<UserRequest, "as"> & { readonly as: string | null }) => {
    const more = asNamed(given);
    const to = own(at);
    // A posted bucket needs a unique name too.
    const posted = id === undefined ? undefined : at === "/buckets" ? `t${trees}${id}` : id;
    const limits = scope && ownScope(scope);
    const expected = expectedResult(tree, settings, {
      at: to,
      as: userOf(as),
      scope: limits,
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
    const login = loginAs(ids, as, limits);
    const answer = await send(to, {
      ...login,
      method,
      ...(method !== "GET" && method !== "DELETE" && { body }),
      headers: { ...login.headers, ...(onlyNew && method === "PUT" && { "if-none-match": "*" }) },
    });
    expect({ method, at: to, as, limits, ...toResult(answer) }).toEqual({
      method,
      at: to,
      as,
      limits,
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
    const scopes = [undefined, ...requests.flatMap(({ scope }) => (scope === undefined ? [] : [ownScope(scope)]))];
    for (const as of USERS)
      for (const scope of scopes.slice(0, as === "alice" ? 2 : 1))
        await comparePermissions({ send, settings, tree, user: userOf(as), scope, ...loginAs(ids, as, scope) });
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
  user,
  scope,
  ...login
}: Login & {
  scope: Scope | undefined;
  send: StoreApi["send"];
  settings: Settings;
  tree: Tree;
  user: string | null;
}): Promise<void> => {
  const { status, body } = await send("/permissions", login);
  expect(status).toBe(200);
  const entries = body.data.map(({ uri, permissions }: { uri: string; permissions: string[] }) => [
    uri,
    permissions.toSorted(),
  ]);
  expect({ user, scope, entries: Object.fromEntries(entries) }).toEqual({
    user,
    scope,
    entries: Object.fromEntries(permissionsOf(tree, settings, user, scope)),
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
