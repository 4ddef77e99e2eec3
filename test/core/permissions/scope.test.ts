import { describe, expect, it } from "@jest/globals";
import { currentScope, narrowScope, runInScope, Scope, toScope } from "../../../core/permissions/scope.ts";
import { type ListRef, type ObjectRef, parseListUri, RESOURCES } from "../../../core/resources.ts";

const refOf = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;
const listOf = (uri: string) => parseListUri(RESOURCES, uri) as ListRef;
const POSTS = "/buckets/blog/collections/posts";

describe("Scope", () => {
  it("allows what permissions on its URIs imply", () => {
    const scope = new Scope([{ write: ["/buckets/*/collections/posts"], "bucket:create": ["/"] }]);
    expect(scope.allows("read", refOf(`${POSTS}/records/1`))).toBe(true);
    expect(scope.allowsCreateIn(listOf(`${POSTS}/records`))).toBe(true);
    expect(scope.allowsList("write", listOf(`${POSTS}/records`))).toBe(true);
    expect(scope.allowsCreateIn(listOf("/buckets"))).toBe(true);
    expect(scope.allows("read:attributes", refOf("/buckets/blog"))).toBe(false);
    expect(scope.allowsList("read", listOf("/buckets/blog/collections"))).toBe(false);
    expect(scope.idsIn(listOf("/buckets/blog/collections"))).toEqual(["posts"]);
  });

  it("allows nothing by permissions and URIs that do not exist", () => {
    const scope = new Scope([
      { shared: ["/buckets/blog"], read: ["/", "/buckets", "/blog"], "record:create": ["/buckets/blog"] },
    ]);
    for (const permission of ["read", "read:attributes", "record:create"] as const)
      expect({ permission, is: scope.allows(permission, refOf("/buckets/blog")) }).toEqual({ permission, is: false });
    expect(new Scope([{}]).allows("read", refOf("/buckets/blog"))).toBe(false);
  });

  it("allows what all of its permissions allow", () => {
    const scope = new Scope([{ read: ["/buckets/blog"] }, { write: [POSTS] }]);
    expect(scope.allows("read", refOf(POSTS))).toBe(true);
    expect(scope.allows("write", refOf(POSTS))).toBe(false);
    expect(scope.allows("read", refOf("/buckets/blog"))).toBe(false);
  });
});

describe("toScope", () => {
  it("rejects what are no lists of URIs by permission", () => {
    expect(toScope(undefined)).toBeUndefined();
    expect(toScope({ read: undefined })?.declared).toEqual([{}]);
    for (const invalid of ["read", { read: "/buckets/blog" }, { read: [1] }])
      expect(() => toScope(invalid as Record<string, unknown>)).toThrow("is not valid");
  });
});

describe("currentScope", () => {
  it("is that of the running work, also after it has waited", async () => {
    const [outer, inner] = [new Scope([{}]), new Scope([{ read: [POSTS] }])];
    await runInScope(outer, async () => {
      await Promise.resolve();
      expect(currentScope()).toBe(outer);
      runInScope(inner, () => expect(currentScope()).toBe(inner));
      runInScope(undefined, () => expect(currentScope()).toBeUndefined());
      narrowScope([{ read: [POSTS] }], () => expect(currentScope()?.declared).toEqual([{}, { read: [POSTS] }]));
    });
    expect(currentScope()).toBeUndefined();
  });
});
