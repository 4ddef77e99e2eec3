import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  authorId,
  findNamedGroups,
  findPrincipalIssue,
  hasPrincipal,
  isGroup,
  isPlugin,
  plainPrincipals,
  pluginUserId,
  readPrincipals,
} from "../../../core/permissions/principals.ts";
import type { Json } from "../../../lib/json.ts";
import { openObjects } from "../open-objects.ts";

const USER = "basicauth:one";

describe("user ids", () => {
  it.each([
    [null, false, ["system.Everyone"], "system.Everyone"],
    [USER, false, [USER, "system.Everyone", "system.Authenticated"], USER],
    ["plugin:mail", true, ["plugin:mail"], "plugin:mail"],
    ["plugins:mail", false, ["plugins:mail", "system.Everyone", "system.Authenticated"], "plugins:mail"],
    ["x:plugin:mail", false, ["x:plugin:mail", "system.Everyone", "system.Authenticated"], "x:plugin:mail"],
  ] as const)("%j: is a plugin: %j, has the principals %j, changes as %j", (user, plugin, principals, author) => {
    expect(isPlugin(user)).toBe(plugin);
    expect(plainPrincipals(user)).toEqual(principals);
    expect(authorId(user)).toBe(author);
  });

  it("of plugins begin with `plugin:`", () => {
    expect(pluginUserId("mail")).toBe("plugin:mail");
  });
});

describe("isGroup", () => {
  it.each([
    ["/buckets/a/groups/g", true],
    ["/buckets/", true],
    ["buckets/a/groups/g", false],
    ["x/buckets/a/groups/g", false],
    [USER, false],
  ])("%j: %j", (principal, expected) => {
    expect(isGroup(principal)).toBe(expected);
  });
});

describe("findPrincipalIssue", () => {
  it.each<[Json, string | undefined]>([
    [null, "Required"],
    ["", "Required"],
    [{}, "Required"],
    [[], "Required"],
    [1, "1 is not a string"],
    [false, "false is not a string"],
    [["a"], '["a"] is not a string'],
    [{ a: 1 }, '{"a":1} is not a string'],
    ["\ud800", "The principal is not well-formed Unicode"],
    ["a", undefined],
    ["/buckets/a/groups/g", undefined],
    ["a".repeat(1500), undefined],
    ["a".repeat(1501), "The principal is longer than 1500 bytes"],
    ["é".repeat(750), undefined],
    ["é".repeat(751), "The principal is longer than 1500 bytes"],
  ])("%j: %j", (value, issue) => {
    expect(findPrincipalIssue(value)).toBe(issue);
  });

  it("quotes at most 100 characters", () => {
    expect(findPrincipalIssue(["x".repeat(500)])?.length).toBeLessThan(130);
  });
});

describe("groups of a user", () => {
  let objects: Awaited<ReturnType<typeof openObjects>>;
  const group = (bucket: string, id: string) => `/buckets/${bucket}/groups/${id}`;
  const everyone = group("a", "authenticated");
  /** More members than a transaction of the table takes, so that memberships are written outside of it. */
  const crowd = Array.from({ length: 150 }, (_, index) => `basicauth:member-${index}`);
  const inMany = Array.from({ length: 60 }, (_, index) => group("many", `g${String(index).padStart(3, "0")}`));

  beforeAll(async () => {
    objects = await openObjects();
    const { put, remove } = objects;
    for (const bucket of ["a", "b", "ended", "many"]) await put(`/buckets/${bucket}`);
    await put(group("a", "one"), { data: { members: [USER] } });
    await put(group("a", "other"), { data: { members: ["basicauth:two"] } });
    await put(everyone, { data: { members: ["system.Authenticated"] } });
    await put(group("a", "left"), { data: { members: [USER] } });
    await put(group("a", "left"), { data: { members: [] } });
    await put(group("a", "deleted"), { data: { members: [USER] } });
    await remove(group("a", "deleted"));
    await put(group("b", "crowd"), { data: { members: [...crowd, USER] } });
    await put(group("ended", "g"), { data: { members: [USER] } });
    await remove("/buckets/ended");
    await put("/buckets/ended");
    await objects.putAll(inMany, { data: { members: ["basicauth:busy"] } });
  });
  afterAll(() => objects[Symbol.asyncDispose]());

  const current = [everyone, group("a", "one"), group("b", "crowd")];

  it("are those that exist and name the user or all users", async () => {
    expect(await readPrincipals(objects.newSession(), USER)).toEqual({
      principals: [USER, "system.Everyone", "system.Authenticated", ...current],
    });
    expect(await readPrincipals(objects.newSession(), "basicauth:two")).toEqual({
      principals: ["basicauth:two", "system.Everyone", "system.Authenticated", everyone, group("a", "other")],
    });
  });

  it("are not those whose new members were written, but not the group itself", async () => {
    const ref = objects.refOf(group("b", "crowd"));
    const view = await objects.newSession().read({ objects: [objects.refOf("/buckets/b"), ref], clocks: [ref.list] });
    view.put(ref, { data: { members: [...crowd, USER, "basicauth:late"] }, acl: {}, changedBy: "test" });
    const commit = view.buildCommit();
    if (commit !== undefined) await objects.store.prepareIndex(commit);

    expect(await hasPrincipal(objects.newSession(), "basicauth:late", ref.uri)).toBe(false);
    expect(await hasPrincipal(objects.newSession(), USER, ref.uri)).toBe(true);
  });

  it("are none for anonymous users and plugins", async () => {
    expect(await readPrincipals(objects.newSession(), null)).toEqual({ principals: ["system.Everyone"] });
    expect(await readPrincipals(objects.newSession(), "plugin:p")).toEqual({ principals: ["plugin:p"] });
  });

  it("are found in any number, sorted", async () => {
    const { principals } = await readPrincipals(objects.newSession(), "basicauth:busy");

    expect(principals.slice(3)).toEqual([everyone, ...inMany]);
  });

  it("continue after the last group of the previous page, without other principals", async () => {
    expect(await readPrincipals(objects.newSession(), "basicauth:busy", inMany[49])).toEqual({
      principals: inMany.slice(50),
    });
    expect(await readPrincipals(objects.newSession(), null, inMany[49])).toEqual({ principals: [] });
  });

  it("include pending changes", async () => {
    const session = objects.newSession();
    const [joined, left] = [objects.refOf(group("a", "joined")), objects.refOf(group("a", "one"))];
    const view = await session.read({ objects: [objects.refOf("/buckets/a"), joined, left], clocks: [joined.list] });
    view.put(joined, { data: { members: [USER] }, acl: {}, changedBy: "test" });
    view.put(left, { data: { members: [] }, acl: {}, changedBy: "test" });

    const { principals } = await readPrincipals(session, USER);
    expect(principals.slice(3)).toEqual([everyone, joined.uri, group("b", "crowd")]);
  });

  it("are found by name", async () => {
    const named = [
      USER,
      group("a", "other"),
      group("b", "crowd"),
      group("a", "left"),
      group("ended", "g"),
      "/buckets/",
    ];

    expect(await findNamedGroups(objects.newSession(), USER, named)).toEqual([group("b", "crowd")]);
    expect(await findNamedGroups(objects.newSession(), "system.Authenticated", [everyone])).toEqual([everyone]);
    expect(await findNamedGroups(objects.newSession(), USER, [])).toEqual([]);
  });

  it.each([
    [USER, USER, true],
    [USER, "system.Everyone", true],
    [USER, "system.Authenticated", true],
    [USER, "basicauth:two", false],
    [USER, group("a", "one"), true],
    [USER, group("a", "other"), false],
    [USER, group("a", "left"), false],
    [USER, everyone, true],
    [null, "system.Everyone", true],
    [null, "system.Authenticated", false],
    [null, everyone, false],
    ["plugin:p", "plugin:p", true],
    ["plugin:p", "system.Everyone", false],
    ["plugin:p", everyone, false],
  ])("%j has the principal %j: %j", async (user, principal, expected) => {
    expect(await hasPrincipal(objects.newSession(), user, principal)).toBe(expected);
  });
});
