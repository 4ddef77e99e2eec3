/** @slow */

import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { accounts } from "../../../plugins/accounts/index.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { startKinto } from "./start-kinto.ts";

let kinto: RunningEngine;
let store: TestStore;
beforeAll(async () => {
  kinto = await startKinto({
    includes: "kinto.plugins.accounts",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
    account_create_principals: "system.Everyone",
    account_write_principals: "account:admin",
    account_read_principals: "account:admin",
  });
  store = await startStore({
    plugins: [
      accounts({
        createPrincipals: ["system.Everyone"],
        writePrincipals: ["account:admin"],
        minPasswordLength: 1,
        scrypt: { log2n: 13, p: 1 },
        attempts: { perAccount: 1000, perAddress: 1000, registrationsPerAddress: 1000 },
      }),
    ],
  });
}, 300_000);
afterAll(async () => {
  await kinto?.[Symbol.asyncDispose]();
  await store?.close();
});

type Request = readonly [method: string, path: string, user?: string | undefined, body?: object];

/** Run one after another. A user is `id:password`. */
const REQUESTS: readonly Request[] = [
  ["PUT", "/accounts/bob", undefined, { data: { password: "pw-bob" } }],
  ["PUT", "/accounts/bob", undefined, { data: { password: "pw-other" } }],
  ["POST", "/accounts", undefined, { data: { id: "eve", password: "pw-eve", name: "Eve" } }],
  ["POST", "/accounts", undefined, { data: { id: "eve", password: "x" } }],
  ["POST", "/accounts", undefined, { data: { password: "x" } }],
  ["PUT", "/accounts/zed", undefined, { data: {} }],
  ["PUT", "/accounts/zed", undefined, { data: { password: null } }],
  ["PUT", "/accounts/zed", undefined, { data: { password: "" } }],
  ["PUT", "/accounts/*bad", undefined, { data: { password: "x" } }],
  ["PUT", "/accounts/a.b%2Bc%40example.com", undefined, { data: { password: "pw" } }],
  ["PUT", "/accounts/yan", undefined, { data: { id: "other", password: "x" } }],
  ["GET", "/accounts/bob"],
  ["GET", "/accounts/nope"],
  ["DELETE", "/accounts/bob"],
  ["PATCH", "/accounts/bob", undefined, { data: { x: 1 } }],
  ["GET", "/", "bob:pw-bob"],
  ["GET", "/", "bob:wrong"],
  ["GET", "/", "nope:wrong"],
  ["GET", "/accounts/bob", "bob:wrong"],
  ["GET", "/accounts/bob", "bob:pw-bob"],
  ["GET", "/accounts/eve", "bob:pw-bob"],
  ["GET", "/accounts/nope", "bob:pw-bob"],
  ["GET", "/accounts", "bob:pw-bob"],
  ["POST", "/accounts", "bob:pw-bob", { data: { id: "bob", password: "x" } }],
  ["PATCH", "/accounts/eve", "bob:pw-bob", { data: { x: 1 } }],
  ["DELETE", "/accounts/eve", "bob:pw-bob"],
  ["PATCH", "/accounts/bob", "bob:pw-bob", { data: { x: 1 } }],
  ["PATCH", "/accounts/bob", "bob:pw-bob", { data: { password: "pw2" } }],
  ["GET", "/accounts/bob", "bob:pw-bob"],
  ["GET", "/accounts/bob", "bob:pw2"],
  ["PUT", "/accounts/admin", undefined, { data: { password: "pw-admin" } }],
  ["GET", "/accounts?_sort=id", "admin:pw-admin"],
  ["GET", "/accounts/eve", "admin:pw-admin"],
  ["GET", "/accounts/nope", "admin:pw-admin"],
  ["PUT", "/accounts/made", "admin:pw-admin", { data: { password: "pw-made" } }],
  ["POST", "/accounts", "admin:pw-admin", { data: { id: "made2", password: "pw-made2" } }],
  ["POST", "/accounts", "admin:pw-admin", { data: { id: "made2", password: "pw-made2" } }],
  ["POST", "/accounts", "admin:pw-admin", { data: { password: "x" } }],
  ["PATCH", "/accounts/eve", "admin:pw-admin", { data: { password: "pw-eve2" } }],
  ["GET", "/accounts/eve", "eve:pw-eve2"],
  ["DELETE", "/accounts/made", "admin:pw-admin"],
  ["GET", "/accounts/made", "made:pw-made"],
  ["DELETE", "/accounts", "eve:pw-eve2"],
  ["GET", "/accounts/eve", "eve:pw-eve2"],
  ["PUT", "/accounts/eve", undefined, { data: { password: "pw-eve3" } }],
  ["DELETE", "/accounts/eve", "eve:pw-eve3"],
];

/** Sends a request. Returns what both servers must agree on: passwords and permissions of a creation are not shown by ours. */
const send = async (root: string, [method, path, user, body]: Request) => {
  const response = await fetch(`${root}${path}`, {
    method,
    headers: {
      ...(user !== undefined && { authorization: `Basic ${btoa(user)}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { data, errno, message, user: shown } = JSON.parse(await response.text());
  return { status: response.status, data: forget(data), errno, message, user: shown?.id };
};

const forget = (data: unknown): unknown => {
  if (Array.isArray(data)) return data.map(forget);
  if (typeof data !== "object" || data === null) return data;
  const { password: _, last_modified: __, ...others } = data as Record<string, unknown>;
  return others;
};

describe("accounts beside Kinto", () => {
  it("answer alike", async () => {
    for (const request of REQUESTS) {
      const [theirs, ours] = [await send(`${kinto.endpoint}/v1`, request), await send(store.url, request)];
      expect({ request, answer: ours }).toEqual({ request, answer: theirs });
    }
  }, 60_000);

  it("differ where Kinto would show too much, or others could take over an account", async () => {
    const both = async (request: Request) => [
      (await send(`${kinto.endpoint}/v1`, request)).status,
      (await send(store.url, request)).status,
    ];
    // Kinto says that the ids differ, also for an account that exists.
    expect(await both(["PUT", "/accounts/new", "bob:pw2", { data: { password: "x" } }])).toEqual([400, 403]);
    const share = { permissions: { write: ["account:eve"] } };
    expect(await both(["PATCH", "/accounts/bob", "bob:pw2", share])).toEqual([200, 400]);
  });
});
