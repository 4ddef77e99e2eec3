import { describe, expect, it } from "@jest/globals";
import { createAuthorizer, type Grants } from "../../core/permissions/authorizer.ts";
import type { Permission } from "../../core/permissions/inheritance.ts";
import type { Membership, ObjectsRequest, ReadRequest, Store, StoredObject } from "../../core/ports/store.ts";
import { createResources, listRef, type ObjectRef, ROOT_GENERATION } from "../../core/resources.ts";
import { Session, SnapshotCache } from "../../core/store/session.ts";
import { readsOf } from "../../core/store/view.ts";
import fc from "../fast-check.ts";

/** An object of the model, without generations and index items. */
interface ModelObject {
  readonly acl: Readonly<Record<string, readonly string[]>>;
  readonly members: readonly string[];
}
type Tree = ReadonlyMap<string, ModelObject>;
type User = string | null;

/**
 * Kinto's rules as in its documentation. `write` on an object allows everything on it and its descendants; `read`
 * allows reading it and its descendants; `x:create` allows creating an x in it and reading the object itself.
 */
const rules = (tree: Tree, user: User, bucketCreators: readonly string[]) => {
  const names = new Set(["system.Everyone"]);
  if (user !== null) {
    names.add(user).add("system.Authenticated");
    for (const [uri, { members }] of tree) if (members.includes(user)) names.add(uri);
  }
  const grants = (uri: string, permission: string) =>
    (tree.get(uri)?.acl[permission] ?? []).some((name) => names.has(name));
  const pathTo = (uri: string): string[] => (uri === "" ? [] : [uri, ...pathTo(uri.split("/").slice(0, -2).join("/"))]);

  const writes = (uri: string) => pathTo(uri).some((at) => grants(at, "write"));
  const reads = (uri: string) => writes(uri) || pathTo(uri).some((at) => grants(at, "read"));
  const creates = (uri: string, what: string) => writes(uri) || grants(uri, `${what}:create`);
  const sees = (uri: string) => reads(uri) || RESOURCES.all.some(({ name: what }) => grants(uri, `${what}:create`));
  return { writes, reads, creates, sees, createsBuckets: bucketCreators.some((name) => names.has(name)) };
};

const added = (name: string, parent: string | null) => ({
  ...{ name, about: "Is a test.", plural: `${name}s`, parent },
  principals: { create: [], read: [], write: [] },
});
const RESOURCES = createResources([
  added("device", null),
  added("reading", "device"),
  added("badge", "group"),
  added("comment", "record"),
  added("vote", "comment"),
]);

const BUCKETS = ["/buckets/a", "/buckets/b"];
const GROUPS = BUCKETS.flatMap((bucket) => ["g", "h"].map((id) => `${bucket}/groups/${id}`));
const COLLECTIONS = BUCKETS.flatMap((bucket) => ["c", "d"].map((id) => `${bucket}/collections/${id}`));
const RECORDS = COLLECTIONS.flatMap((collection) => ["r", "s"].map((id) => `${collection}/records/${id}`));
/** Objects of plugin resources: at the top level, below it, and below the store's own resources. */
const PLUGINS = [
  "/devices/d",
  "/devices/d/readings/x",
  `${GROUPS[0]}/badges/x`,
  `${RECORDS[0]}/comments/x`,
  `${RECORDS[0]}/comments/x/votes/x`,
];
const REFS = [...BUCKETS, ...GROUPS, ...COLLECTIONS, ...RECORDS, ...PLUGINS].map(
  (uri) => RESOURCES.parseUri(uri) as ObjectRef,
);
const USERS = ["basicauth:one", "basicauth:two"];

const principal = fc.constantFrom(...USERS, ...GROUPS, "system.Everyone", "system.Authenticated");
const aclFor = ({ list: { resource } }: ObjectRef) =>
  fc.dictionary(fc.constantFrom(...resource.permissions), fc.uniqueArray(principal, { maxLength: 2 }), {
    noNullPrototype: true,
  });

/** What is stored under a reference: an object, an object of an ended generation, a tombstone, or nothing. */
const storedStateOf = (ref: ObjectRef) =>
  fc.record({
    state: fc.constantFrom("present", "present", "present", "present", "ended", "deleted", "missing"),
    acl: aclFor(ref),
    members: ref.resourceName === "group" ? fc.subarray(USERS) : fc.constant([]),
    /** Whether memberships are written outside the group's transaction. */
    unverified: fc.boolean(),
    /** Users with an outdated membership. */
    outdated: ref.resourceName === "group" ? fc.subarray(USERS) : fc.constant([]),
  });
interface StoredState {
  readonly state: string;
  readonly acl: Readonly<Record<string, readonly string[]>>;
  readonly members: readonly string[];
  readonly unverified: boolean;
  readonly outdated: readonly string[];
}

const MISSING: StoredState = { state: "missing", acl: {}, members: [], unverified: false, outdated: [] };

/** The states in the order of REFS, parents first. */
const states = fc.tuple(...REFS.map((ref): fc.Arbitrary<StoredState> => storedStateOf(ref)));

const generationOf = (ref: ObjectRef | null): string => (ref === null ? ROOT_GENERATION : `generation of ${ref.uri}`);

/** Builds the model and the table of the same objects. */
const build = (states: readonly StoredState[]) => {
  const tree = new Map<string, ModelObject>();
  const table = new Map<string, StoredObject>();
  const memberships = new Map<string, Membership[]>(USERS.map((user) => [user, []]));
  for (const [index, ref] of REFS.entries()) {
    const { parent } = ref.list;
    const { state, acl, members, unverified, outdated } = states[index] ?? MISSING;
    const parentExists = parent === null || tree.has(parent.uri);
    if (state === "present" && parentExists) tree.set(ref.uri, { acl, members });
    const parentGeneration = state === "ended" ? "ended" : generationOf(parent);
    if (state !== "missing") {
      const deleted = state === "deleted";
      const data = { id: ref.id, last_modified: 1, ...(ref.resourceName === "group" && { members }) };
      table.set(ref.uri, {
        json: JSON.stringify(deleted ? { id: ref.id, last_modified: 1, deleted } : data),
        last_modified: 1,
        revision: 1,
        deleted,
        acl: deleted ? {} : acl,
        changedBy: "x",
        parentGeneration,
        ...(ref.list.resource.children.length > 0 && !deleted && { ownGeneration: generationOf(ref) }),
      });
    }
    for (const user of tree.has(ref.uri) ? members : [])
      memberships.get(user)?.push({ group: ref.uri, parentGeneration, unverified: unverified });
    if (ref.resourceName !== "group") continue;
    for (const user of outdated) {
      memberships.get(user)?.push({ group: ref.uri, parentGeneration: "ended", unverified: unverified });
      if (!(tree.has(ref.uri) && members.includes(user)))
        memberships.get(user)?.push({ group: ref.uri, parentGeneration: generationOf(parent), unverified: true });
    }
  }
  const find = (refs: readonly ObjectRef[]) =>
    new Map(refs.flatMap(({ uri }) => (table.has(uri) ? [[uri, table.get(uri) as StoredObject]] : [])));
  const store = {
    read: async ({ objects, parents = [], members = [] }: ReadRequest) => ({
      objects: find(objects),
      parents: find(parents),
      clocks: new Map(),
      memberships: new Map(members.map((user) => [user, { groups: memberships.get(user) ?? [] }])),
    }),
    readHeads: async ({ objects, parents = [] }: ObjectsRequest) => ({
      heads: find([...objects, ...parents]),
      bytes: 0,
    }),
  } as unknown as Store;
  return { tree, store };
};

/** Grants of settings with only `bucketCreatePrincipals`. */
const bucketGrants = (creators: readonly string[]): Grants => ({
  principals: (permission, resource, place) =>
    permission === "create" && resource === "bucket" && place === null ? creators : [],
  principalsAnywhere: () => [],
  staticGrants: () => [],
  namedPrincipals: new Set(creators),
});

describe("Authorizer", () => {
  it("follows Kinto's rules for any objects, permissions and groups", async () => {
    const creators = fc.uniqueArray(principal, { maxLength: 2 });
    const counts = { allowed: 0, denied: 0 };
    const count = (isAllowed: boolean) => {
      counts[isAllowed ? "allowed" : "denied"]++;
      return isAllowed;
    };
    await fc.assert(
      fc.asyncProperty(states, fc.constantFrom<User>(...USERS, null), creators, async (objects, user, bucketCreate) => {
        const { tree, store } = build(objects);
        const expected = rules(tree, user, bucketCreate);
        for (const ref of REFS) {
          const session = new Session(store, new SnapshotCache(), 0);
          await session.read(readsOf(ref));
          const authorizer = await createAuthorizer(session, bucketGrants(bucketCreate), user);
          const can = async (permission: Permission) => count(await authorizer.can(permission, ref));

          expect({
            at: ref.uri,
            write: await can("write"),
            read: await can("read"),
            readAttributes: await can("read:attributes"),
          }).toEqual({
            at: ref.uri,
            write: expected.writes(ref.uri),
            read: expected.reads(ref.uri),
            readAttributes: expected.sees(ref.uri),
          });
          expect(await authorizer.canCreateIn(listRef(RESOURCES.core.bucket, null))).toBe(expected.createsBuckets);
          for (const resource of ref.list.resource.children) {
            const list = listRef(resource, ref);
            expect({
              list: list.uri,
              create: count(await authorizer.canCreateIn(list)),
              read: await authorizer.canAccessList("read", list),
              write: await authorizer.canAccessList("write", list),
            }).toEqual({
              list: list.uri,
              create: expected.creates(ref.uri, resource.name),
              read: expected.reads(ref.uri),
              write: expected.writes(ref.uri),
            });
          }
        }
      }),
      { numRuns: 300 },
    );
    // The random objects must allow and deny enough.
    expect(Math.min(counts.allowed, counts.denied)).toBeGreaterThan(1000);
  });

  it("grants access to the list of buckets only by settings", async () => {
    const { store } = build([]);
    const authorizer = await createAuthorizer(
      new Session(store, new SnapshotCache(), 0),
      bucketGrants([]),
      USERS[0] as string,
    );
    const list = listRef(RESOURCES.core.bucket, null);
    expect([
      await authorizer.canAccessList("read", list),
      await authorizer.canAccessList("write", list),
      await authorizer.canCreateIn(list),
    ]).toEqual([false, false, false]);
  });
});
