import { describe, expect, it } from "@jest/globals";
import { findCallback } from "../../../plugins/openid/callbacks.ts";

const ALLOWED = [
  "https://app.example.org/admin/",
  "https://app.example.org/login",
  "https://other.example.org",
  "/admin/",
];
const STORE = "https://store.example.org/v1";

describe("findCallback", () => {
  it.each([
    "https://app.example.org/admin/",
    "https://app.example.org/admin/#/auth/eyJzZXJ2ZXIiOiJ4In0=/",
    "https://app.example.org/admin/page?token=",
    "https://app.example.org/login",
    "https://app.example.org/login#",
    "https://app.example.org/login?then=home&token=",
    "https://other.example.org/any/page",
    "https://store.example.org/v1/admin/#/auth/eyJzZXJ2ZXIiOiJ4In0=/",
  ])("allows a page, and what is in a folder: %s", (callback) => {
    expect(findCallback(ALLOWED, callback, STORE)).toBe(callback);
  });

  it.each([
    "https://app.example.org.evil.org/admin/",
    "https://app.example.org@evil.org/admin/",
    "https://evil.org/https://app.example.org/admin/",
    "https://app.example.org/admin",
    "https://app.example.org/admin/../secret",
    "https://app.example.org/admin/%2e%2e/secret",
    "https://app.example.org/admin/..\\secret",
    "https://app.example.org/login/more",
    "https://app.example.org/loginpage",
    "https://app.example.org:8443/admin/",
    "http://app.example.org/admin/",
    "https://store.example.org/v1/buckets/admin/",
    "https://store.example.org/admin/",
    "https://evil.org/v1/admin/",
    "javascript:alert(1)//https://app.example.org/admin/",
    "//app.example.org/admin/",
    "/admin/",
    "",
    `https://app.example.org/admin/${"a".repeat(1500)}`,
  ])("refuses another page: %s", (callback) => {
    expect(findCallback(ALLOWED, callback, STORE)).toBeUndefined();
  });
});
