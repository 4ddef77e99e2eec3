import { describe, expect, it } from "@jest/globals";
import { createAuthorizer, type Grants, type Permission } from "../../core/permissions/authorizer.ts";
import type { Membership, ReadRequest, Store, StoredObject } from "../../core/ports/store.ts";
import { ancestors, createResources, listRef, type ObjectRef, ROOT_GENERATION } from "../../core/resources.ts";
import { Session, SnapshotCache } from "../../core/store/session.ts";
import fc from "../fast-check.ts";

/** An object of the model: a plain tree, no lives, no rows. */
interface Living {
  readonly acl: Readonly<Record<string, readonly string[]>>;
  readonly members: readonly string[];
}
type Tree = ReadonlyMap<string, Living>;
type User = string | null;

/**
 * Kinto's rules as its documentation words them. `write` on an object lets one change it and do anything with what is
 * below it; `read` lets one read it and what is below it; `x:create` lets one add an x, and see the object itself.
 */
const rules = (tree: Tree, user: User, makers: readonly string[]) => {
  const names = new Set(["system.Everyone"]);
  if (user !== null) {
    names.add(user).add("system.Authenticated");
    for (const [uri, { members }] of tree) if (members.includes(user)) names.add(uri);
  }
  const given = (uri: string, permission: string) =>
    (tree.get(uri)?.acl[permission] ?? []).some((name) => names.has(name));
  const onTheWay = (uri: string): string[] =>
    uri === "" ? [] : [uri, ...onTheWay(uri.split("/").slice(0, -2).join("/"))];

  const writes = (uri: string) => onTheWay(uri).some((at) => given(at, "write"));
  const reads = (uri: string) => writes(uri) || onTheWay(uri).some((at) => given(at, "read"));
  const creates = (uri: string, what: string) => writes(uri) || given(uri, `${what}:create`);
  const sees = (uri: string) => reads(uri) || RESOURCES.all.some(({ name: what }) => given(uri, `${what}:create`));
  return { writes, reads, creates, sees, makesBuckets: makers.some((name) => names.has(name)) };
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
/** Of plugins' resources: at the top level, in one of those, and in the store's own. */
const PLUGINS = [
  "/devices/d",
  "/devices/d/readings/x",
  `${GROUPS[0]}/badges/x`,
  `${RECORDS[0]}/comments/x`,
  `${RECORDS[0]}/comments/x/votes/x`,
];
const PLACES = [...BUCKETS, ...GROUPS, ...COLLECTIONS, ...RECORDS, ...PLUGINS].map(
  (uri) => RESOURCES.parseUri(uri) as ObjectRef,
);
const USERS = ["basicauth:one", "basicauth:two"];

const principal = fc.constantFrom(...USERS, ...GROUPS, "system.Everyone", "system.Authenticated");
const aclFor = ({ list: { resource: kind } }: ObjectRef) =>
  fc.dictionary(fc.constantFrom(...kind.permissions), fc.uniqueArray(principal, { maxLength: 2 }), {
    noNullPrototype: true,
  });

/** What is stored at a place: an object, what an ended life of its parent left, a tombstone; or nothing. */
const storedAt = (ref: ObjectRef) =>
  fc.record({
    state: fc.constantFrom("living", "living", "living", "living", "left", "deleted", "nothing"),
    acl: aclFor(ref),
    members: ref.resourceName === "group" ? fc.subarray(USERS) : fc.constant([]),
    /** How memberships are written: with the group, or apart from it. */
    unproven: fc.boolean(),
    /** Whom a row of an earlier time still leads here, though the group does not name them. */
    strays: ref.resourceName === "group" ? fc.subarray(USERS) : fc.constant([]),
  });
interface Given {
  readonly state: string;
  readonly acl: Readonly<Record<string, readonly string[]>>;
  readonly members: readonly string[];
  readonly unproven: boolean;
  readonly strays: readonly string[];
}

const NOTHING: Given = { state: "nothing", acl: {}, members: [], unproven: false, strays: [] };

/** In the order of PLACES, parents first. */
const world = fc.tuple(...PLACES.map((ref): fc.Arbitrary<Given> => storedAt(ref)));

const lifeOf = (ref: ObjectRef | null): string => (ref === null ? ROOT_GENERATION : `life of ${ref.uri}`);

/** The same world twice: as the model has it, and as the table does. */
const build = (given: readonly Given[]) => {
  const tree = new Map<string, Living>();
  const table = new Map<string, StoredObject>();
  const rows = new Map<string, Membership[]>(USERS.map((user) => [user, []]));
  for (const [place, ref] of PLACES.entries()) {
    const { parent } = ref.list;
    const { state, acl, members, unproven, strays } = given[place] ?? NOTHING;
    const parentLives = parent === null || tree.has(parent.uri);
    if (state === "living" && parentLives) tree.set(ref.uri, { acl, members });
    const of = state === "left" ? "an ended life" : lifeOf(parent);
    if (state !== "nothing") {
      const deleted = state === "deleted";
      const data = { id: ref.id, last_modified: 1, ...(ref.resourceName === "group" && { members }) };
      table.set(ref.uri, {
        json: JSON.stringify(deleted ? { id: ref.id, last_modified: 1, deleted } : data),
        last_modified: 1,
        revision: 1,
        deleted,
        acl: deleted ? {} : acl,
        changedBy: "x",
        parentGeneration: of,
        ...(ref.list.resource.children.length > 0 && !deleted && { ownGeneration: lifeOf(ref) }),
      });
    }
    for (const user of tree.has(ref.uri) ? members : [])
      rows.get(user)?.push({ group: ref.uri, parentGeneration: of, unverified: unproven });
    if (ref.resourceName !== "group") continue;
    for (const user of strays) {
      rows.get(user)?.push({ group: ref.uri, parentGeneration: "an ended life", unverified: unproven });
      if (!(tree.has(ref.uri) && members.includes(user)))
        rows.get(user)?.push({ group: ref.uri, parentGeneration: lifeOf(parent), unverified: true });
    }
  }
  const store = {
    read: async ({ objects, members = [] }: ReadRequest) => ({
      objects: new Map(objects.flatMap(({ uri }) => (table.has(uri) ? [[uri, table.get(uri) as StoredObject]] : []))),
      clocks: new Map(),
      memberships: new Map(members.map((user) => [user, rows.get(user) ?? []])),
    }),
  } as unknown as Store;
  return { tree, store };
};

/** Settings that say who may create buckets, and nothing else. */
const onlyBuckets = (creators: readonly string[]): Grants => ({
  principals: (permission, resource, place) =>
    permission === "create" && resource === "bucket" && place === null ? creators : [],
  principalsAnywhere: () => [],
  staticGrants: () => [],
  namedPrincipals: new Set(creators),
});

describe("Authorizer", () => {
  it("follows Kinto's rules for any objects, permissions and groups", async () => {
    const makers = fc.uniqueArray(principal, { maxLength: 2 });
    const verdicts = { yes: 0, no: 0 };
    const note = (verdict: boolean) => {
      verdicts[verdict ? "yes" : "no"]++;
      return verdict;
    };
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.constantFrom<User>(...USERS, null),
        makers,
        fc.constantFrom("named" as const, "all" as const),
        async (given, user, bucketCreate, which) => {
          const { tree, store } = build(given);
          const expected = rules(tree, user, bucketCreate);
          for (const ref of PLACES) {
            const session = new Session(store, new SnapshotCache(), 0);
            await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
            const who = await createAuthorizer(session, onlyBuckets(bucketCreate), user, which);
            const may = async (permission: Permission) => note(await who.can(permission, ref));

            expect({
              at: ref.uri,
              write: await may("write"),
              read: await may("read"),
              see: await may("read:attributes"),
            }).toEqual({
              at: ref.uri,
              write: expected.writes(ref.uri),
              read: expected.reads(ref.uri),
              see: expected.sees(ref.uri),
            });
            expect(await who.canCreateIn(listRef(RESOURCES.core.bucket, null))).toBe(expected.makesBuckets);
            for (const kind of ref.list.resource.children) {
              const list = listRef(kind, ref);
              expect({
                list: list.uri,
                create: note(await who.canCreateIn(list)),
                read: await who.canAccessList("read", list),
                write: await who.canAccessList("write", list),
              }).toEqual({
                list: list.uri,
                create: expected.creates(ref.uri, kind.name),
                read: expected.reads(ref.uri),
                write: expected.writes(ref.uri),
              });
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    // Neither everything nor nothing: the worlds above decide something.
    expect(Math.min(verdicts.yes, verdicts.no)).toBeGreaterThan(1000);
  });

  it("grants access to the list of buckets only by settings", async () => {
    const { store } = build([]);
    const who = await createAuthorizer(new Session(store, new SnapshotCache(), 0), onlyBuckets([]), USERS[0] as string);
    const list = listRef(RESOURCES.core.bucket, null);
    expect([
      await who.canAccessList("read", list),
      await who.canAccessList("write", list),
      await who.canCreateIn(list),
    ]).toEqual([false, false, false]);
  });
});
