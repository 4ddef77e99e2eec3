import { describe, expect, it } from "@jest/globals";
import { resolveUri } from "../../../lib/json-schema/uri.ts";

describe("resolveUri", () => {
  // RFC 3986, 5.4.1 and 5.4.2.
  it.each([
    ["g:h", "g:h"],
    ["g", "http://a/b/c/g"],
    ["./g", "http://a/b/c/g"],
    ["g/", "http://a/b/c/g/"],
    ["/g", "http://a/g"],
    ["//g", "http://g"],
    ["?y", "http://a/b/c/d;p?y"],
    ["g?y", "http://a/b/c/g?y"],
    ["#s", "http://a/b/c/d;p?q#s"],
    ["g#s", "http://a/b/c/g#s"],
    ["g?y#s", "http://a/b/c/g?y#s"],
    [";x", "http://a/b/c/;x"],
    ["", "http://a/b/c/d;p?q"],
    [".", "http://a/b/c/"],
    ["./", "http://a/b/c/"],
    ["..", "http://a/b/"],
    ["../g", "http://a/b/g"],
    ["../..", "http://a/"],
    ["../../g", "http://a/g"],
    ["../../../g", "http://a/g"],
    ["/./g", "http://a/g"],
    ["/../g", "http://a/g"],
    ["g.", "http://a/b/c/g."],
    ["..g", "http://a/b/c/..g"],
    ["./g/.", "http://a/b/c/g/"],
    ["g/../h", "http://a/b/c/h"],
    ["g?y/../x", "http://a/b/c/g?y/../x"],
    ["g#s/../x", "http://a/b/c/g#s/../x"],
  ])("resolves %j as in RFC 3986", (reference, expected) => {
    expect(resolveUri("http://a/b/c/d;p?q", reference)).toBe(expected);
  });

  it.each([
    ["", "a.json", "a.json"],
    ["http://a", "b", "http://a/b"],
    ["urn:example:1", "b", "b"],
    ["a/b", "c", "a/c"],
    ["HTTP://a/", "b", "http://a/b"],
  ])("resolves against %j: %j", (base, reference, expected) => {
    expect(resolveUri(base, reference)).toBe(expected);
  });
});
