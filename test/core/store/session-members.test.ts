import { describe, expect, it } from "@jest/globals";
import { type GrantPage, grantPosition, type MembershipPage, type Store } from "../../../core/ports/store.ts";
import type { ObjectRef } from "../../../core/resources.ts";
import { openSession } from "./open-session.ts";
import { DRAFT, GROUPS, groupOf, RECORDS, recordOf } from "./open-view.ts";

const membership = (id: string) => ({ group: groupOf(id).uri, parentGeneration: "b1", unverified: false });
const uriOf = (id: string) => groupOf(id).uri;
const idsIn = (groups: MembershipPage["groups"]) => groups.map(({ group }) => group.slice(GROUPS.uri.length + 1));

/** A session of which the first page of a member's groups is b to d. Those after it are f and h. */
const openGroups = (next?: string) => {
  const page = { groups: ["b", "d"].map(membership), ...(next !== undefined && { next: uriOf(next) }) };
  return openSession({
    read: async ({ members = [] }) => ({
      ...{ objects: new Map(), parents: new Map(), clocks: new Map(), bytes: 7 },
      memberships: new Map(members.filter((user) => user === "m").map((user) => [user, page])),
    }),
    readMemberships: async () => ({ groups: ["f", "h"].map(membership), next: uriOf("h") }),
    findMemberships: async (_, groups) => groups.filter((uri) => uri === uriOf("f")).map(() => membership("f")),
  });
};
const join = (session: ReturnType<typeof openGroups>["session"], ...ids: readonly string[]) => {
  for (const id of ids) session.view.put(groupOf(id), { ...DRAFT, data: { members: ["m"] } });
};

describe("the memberships of a session", () => {
  it("are read in pages, the first one once", async () => {
    const { session, calls } = openGroups("d");
    const first = await session.readMemberships("m", undefined);
    await session.readMemberships("m", undefined);
    const second = await session.readMemberships("m", uriOf("d"));

    expect([idsIn(first.groups), first.next]).toEqual([["b", "d"], uriOf("d")]);
    expect([idsIn(second.groups), second.next]).toEqual([["f", "h"], uriOf("h")]);
    expect(calls.map(([name]) => name)).toEqual(["read", "readMemberships"]);
    expect(await session.readMemberships("none", undefined)).toEqual({ groups: [] });
  });

  it("include pending ones in the page in which they will be", async () => {
    const { session } = openGroups("d");
    join(session, "a", "d", "e", "f", "h", "i");

    expect(idsIn((await session.readMemberships("m", undefined)).groups).toSorted()).toEqual(["a", "b", "d"]);
    expect(idsIn((await session.readMemberships("m", uriOf("d"))).groups).toSorted()).toEqual(["e", "f", "h"]);
    const { session: last } = openGroups();
    join(last, "z");
    expect(idsIn((await last.readMemberships("m", undefined)).groups)).toEqual(["b", "d", "z"]);
  });

  it("are looked up by group once, if they are not in the first page", async () => {
    const { session, calls } = openGroups("d");
    const find = async (...ids: readonly string[]) =>
      idsIn(await session.findMemberships("m", new Set(ids.map(uriOf))));

    expect(await find("a", "b", "d", "e", "f")).toEqual(["b", "d", "f"]);
    expect(await find("f", "g")).toEqual(["f"]);
    expect(await find("e", "f", "g")).toEqual(["f"]);
    expect(calls.slice(1)).toEqual([
      ["findMemberships", "m", [uriOf("e"), uriOf("f")]],
      ["findMemberships", "m", [uriOf("g")]],
    ]);
    session.forgetHeads();
    await find("e");
    expect(calls.at(-1)).toEqual(["findMemberships", "m", [uriOf("e")]]);
  });

  it("are not looked up when the first page is the last", async () => {
    const { session, calls } = openGroups();

    expect(idsIn(await session.findMemberships("m", new Set([uriOf("b"), uriOf("f")])))).toEqual(["b"]);
    expect(calls.map(([name]) => name)).toEqual(["read"]);
  });

  it.each([
    ["d", ["a", "b", "g"]],
    [undefined, ["a", "b", "g"]],
  ])("by group include pending ones, once each, where the first page ends at %j", async (next, ids) => {
    const { session } = openGroups(next);
    join(session, "a", "g", "i");
    session.view.put(groupOf("d"), DRAFT);
    const found = await session.findMemberships("m", new Set(["a", "b", "d", "g"].map(uriOf)));

    expect(
      idsIn(found)
        .filter((id) => id !== "i")
        .toSorted(),
    ).toEqual(ids);
  });

  it("are looked up for at most 5000 groups", async () => {
    const { session, calls } = openGroups("d");
    const some = (from: number, count: number) =>
      new Set(Array.from({ length: count }, (_, index) => uriOf(`e${10_000 + from + index}`)));
    for (const groups of [some(0, 4000), some(0, 6000), some(9000, 10)]) await session.findMemberships("m", groups);

    expect(calls.slice(1).map(([, , groups]) => (groups as string[]).length)).toEqual([4000, 1000]);
  });
});

describe("the grants of a session", () => {
  const addressOf = ({ list, id }: ObjectRef) => ({ list: list.uri, id });
  const positionOf = (ref: ObjectRef) => grantPosition(addressOf(ref));
  const [b, d, f] = ["b", "d", "f"].map(recordOf) as [ObjectRef, ObjectRef, ObjectRef];
  const page: GrantPage = { grants: [f, d].map(addressOf) };
  const open = (found = page) => {
    const findGrants: Store["findGrants"] = async () => found;
    const opened = openSession({ findGrants });
    for (const ref of [recordOf("a"), b, d, recordOf("e"), recordOf("g"), groupOf("g")])
      opened.session.view.put(ref, DRAFT);
    return opened.session;
  };
  const find = async (session: ReturnType<typeof open>, query: Partial<Parameters<Store["findGrants"]>[1]> = {}) => {
    const { grants, next } = await session.findGrants(["m"], { limit: 9, list: RECORDS, ...query });
    return { ids: grants.map(({ id }) => id), next };
  };

  it("include pending changes in the order of the store, once each", async () => {
    expect(await find(open())).toEqual({ ids: ["g", "f", "e", "d", "b", "a"], next: undefined });
    expect(await open().findGrants(["m"], { limit: 9, list: RECORDS })).not.toHaveProperty("next");
    const all = await open().findGrants(["m"], { limit: 9 });
    expect(all.grants.map(({ list, id }) => (list === RECORDS.uri ? id : `group ${id}`))).toEqual([
      ...["group g", "g", "f", "e", "d", "b", "a"],
    ]);
  });

  it("include those of the page only", async () => {
    const paged = { ...page, next: positionOf(b) };

    expect(await find(open(paged))).toEqual({ ids: ["g", "f", "e", "d", "b"], next: positionOf(b) });
    expect(await find(open(), { after: positionOf(recordOf("g")) })).toEqual({
      ids: ["f", "e", "d", "b", "a"],
      next: undefined,
    });
    const query = { after: positionOf(recordOf("e")) };
    expect(await find(open({ grants: [addressOf(d)], next: positionOf(b) }), query)).toMatchObject({ ids: ["d", "b"] });
  });
});
