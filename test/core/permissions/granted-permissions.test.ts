import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../../config/config.ts";
import { readOverrides } from "../../../config/environment.ts";
import { type GrantPlace, listGrantedPermissions } from "../../../core/permissions/granted-permissions.ts";
import { createResources } from "../../../core/resources.ts";
import { createGrants, type ProtocolSettings } from "../../../core/settings.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";

const USER = "basicauth:one";
const ADMIN = "basicauth:admin";
const NONE = { create: [], read: [], write: [] };
const RESOURCES = createResources([
  { name: "device", about: "Is a test.", plural: "devices", parent: null, principals: { ...NONE, create: [ADMIN] } },
  { name: "badge", about: "Is a test.", plural: "badges", parent: "group", principals: { ...NONE, create: [ADMIN] } },
  {
    name: "comment",
    about: "Is a test.",
    plural: "comments",
    parent: "record",
    principals: { ...NONE, create: [ADMIN] },
  },
]);
const group = (id: string) => `/buckets/a/groups/${id}`;

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects({ resources: RESOURCES });
  const { put } = objects;
  await put("/buckets/a", { acl: { "collection:create": [USER] } });
  await put("/buckets/b");
  await put(group("g"), { data: { members: [USER] }, acl: { read: [USER] } });
  await put("/buckets/a/collections/c", { acl: { write: [group("g")], read: ["basicauth:two"] } });
  await put("/buckets/a/collections/d", { acl: { write: ["basicauth:two"] } });
  await put("/buckets/a/collections/c/records/r", { acl: { write: [USER] } });
});
afterAll(() => objects[Symbol.asyncDispose]());

const BASE = { bucketCreatePrincipals: [] };
/** All permissions of a user by URI. */
const list = async (user: string | null, settings: ProtocolSettings = {}) => {
  const grants = createGrants(
    readConfig({ plugins: [], settings: { ...BASE, ...settings } }, readOverrides({})).settings,
    RESOURCES,
  );
  const all: Record<string, readonly string[]> = {};
  let place: GrantPlace | undefined;
  do {
    const context = { grants, resources: RESOURCES };
    const budget = new ReadBudget(64_000_000);
    const { entries, next } = await listGrantedPermissions(objects.newSession(), context, user, place, budget);
    for (const { uri, ref, permissions } of entries) {
      expect(all).not.toHaveProperty([uri]);
      expect(ref?.uri ?? "/").toBe(uri);
      all[uri] = permissions;
    }
    place = next;
  } while (place !== undefined);
  return all;
};

const OWN = {
  "/buckets/a": ["collection:create", "read:attributes"],
  [group("g")]: ["read", "read:attributes"],
  "/buckets/a/collections/c": ["write", "read", "read:attributes", "record:create"],
  "/buckets/a/collections/c/records/r": ["write", "read", "read:attributes", "comment:create"],
};

describe("listGrantedPermissions", () => {
  it("lists the permissions of objects that name the user or a group, and what they imply", async () => {
    expect(await list(USER)).toEqual(OWN);
    expect(await list("basicauth:two")).toEqual({
      "/buckets/a/collections/c": ["read", "read:attributes"],
      "/buckets/a/collections/d": ["write", "read", "read:attributes", "record:create"],
    });
    expect(await list("basicauth:three")).toEqual({});
    expect(await list(null)).toEqual({});
  });

  it.each<[ProtocolSettings, Readonly<Record<string, readonly string[]>>]>([
    [{ bucketCreatePrincipals: ["system.Everyone"] }, { "/": ["bucket:create"] }],
    [
      { bucketReadPrincipals: ["system.Everyone"] },
      { "/buckets/a": ["read", "read:attributes"], "/buckets/b": ["read", "read:attributes"] },
    ],
    [
      { bucketWritePrincipals: ["system.Everyone"] },
      Object.fromEntries(
        ["/buckets/a", "/buckets/b"].map((uri) => [
          uri,
          ["write", "read", "read:attributes", "group:create", "collection:create"],
        ]),
      ),
    ],
    [
      { collectionCreatePrincipals: ["system.Everyone"] },
      {
        "/buckets/a": ["collection:create", "read:attributes"],
        "/buckets/b": ["collection:create", "read:attributes"],
      },
    ],
    [
      { groupCreatePrincipals: ["system.Everyone"], collectionCreatePrincipals: ["system.Everyone"] },
      {
        "/buckets/a": ["collection:create", "read:attributes", "group:create"],
        "/buckets/b": ["collection:create", "read:attributes", "group:create"],
      },
    ],
    [
      { collectionReadPrincipals: ["system.Everyone"] },
      {
        "/buckets/a/collections/c": ["read", "read:attributes"],
        "/buckets/a/collections/d": ["read", "read:attributes"],
      },
    ],
    [
      { places: { "a.d": { collectionWritePrincipals: ["system.Everyone"] } } },
      { "/buckets/a/collections/d": ["write", "read", "read:attributes", "record:create"] },
    ],
    [
      { places: { a: { recordCreatePrincipals: ["system.Everyone"] } } },
      {
        "/buckets/a/collections/c": ["record:create", "read:attributes"],
        "/buckets/a/collections/d": ["record:create", "read:attributes"],
      },
    ],
    [{ groupReadPrincipals: ["system.Everyone"] }, { [group("g")]: ["read", "read:attributes"] }],
    [
      { groupWritePrincipals: ["system.Everyone"] },
      { [group("g")]: ["write", "read", "read:attributes", "badge:create"] },
    ],
    [{ recordReadPrincipals: ["system.Everyone"] }, {}],
    [{ places: { b: { collectionReadPrincipals: ["system.Everyone"] } } }, {}],
  ])("lists what the settings %j grant anyone", async (settings, expected) => {
    expect(await list(null, settings)).toEqual(expected);
  });

  it("lists what plugins allow in objects of the store, and at the top level", async () => {
    expect(await list(ADMIN)).toEqual({
      "/": ["device:create"],
      [group("g")]: ["badge:create", "read:attributes"],
    });
  });

  it("lists each object once with the permissions of objects and settings together", async () => {
    expect(await list(USER, { collectionReadPrincipals: [USER], groupWritePrincipals: [group("g")] })).toEqual({
      ...OWN,
      [group("g")]: ["read", "read:attributes", "write", "badge:create"],
      "/buckets/a/collections/d": ["read", "read:attributes"],
    });
  });
});
