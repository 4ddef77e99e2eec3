import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type AuthenticationRequest, definePlugin, refuse } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";

const seen: AuthenticationRequest[] = [];

const cookies = definePlugin({
  name: "cookies",
  about: "Identifies users by a cookie.",
  authentication: {
    challenge: 'Cookie realm="Test"',
    policies: ["member", "guest"],
    identify: (request) => {
      seen.push(request);
      const { sid } = request.cookies;
      if (sid === "stranger") return { id: "x", policy: "admin" };
      if (sid === undefined) return null;
      return sid.startsWith("guest-") ? { id: sid.slice(6), policy: "guest" } : sid;
    },
  },
});

const keys = definePlugin({
  name: "keys",
  about: "Identifies users by a key.",
  authentication: {
    schemes: ["key", "ticket"],
    challenge: "Key",
    identifiesOtherUsers: true,
    identify: ({ scheme, credentials }) => {
      if (credentials === "busy") throw refuse(429, "Too many attempts.", { headers: { "Retry-After": "60" } });
      if (credentials === "expired") throw refuse(401, "Expired.", { headers: { "WWW-Authenticate": "Key error" } });
      if (credentials === "plugin") return { user: "plugin:keys", since: 0 };
      return scheme === "ticket" ? { user: `member:${credentials}`, since: 0 } : { id: credentials };
    },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [cookies(), keys()],
    settings: { clientAddressHeader: "x-viewer-address" },
  });
});
afterAll(() => store.close());
beforeEach(() => {
  seen.length = 0;
});

const send = (headers: Record<string, string>, path = "/") => store.get(path, { as: null, headers });
const userOf = async (headers: Record<string, string>) => (await send(headers)).body.user?.id;

describe("authentication by plugins", () => {
  it("identifies users by cookies without an Authorization header, with the policies of the plugin", async () => {
    expect(await userOf({ cookie: "theme=dark; sid=ada" })).toBe("member:ada");
    expect(await userOf({ cookie: "sid=guest-bob" })).toBe("guest:bob");
    expect(await userOf({ cookie: "__proto__=x; sid" })).toBeUndefined();
    expect(Object.getPrototypeOf(seen.at(-1)?.cookies)).toBeNull();
  });

  it("asks plugins in the order of the config, those with schemes only for these", async () => {
    expect(await userOf({ cookie: "sid=ada", authorization: "Key eve" })).toBe("member:ada");
    expect(await userOf({ authorization: "KEY eve" })).toBe("keys:eve");
    expect(await userOf({ authorization: "Ticket eve" })).toBe("member:eve");
    expect(await userOf({ authorization: "Other eve" })).toBeUndefined();
  });

  it("passes scheme, credentials, headers and the address of the configured header", async () => {
    await send({ authorization: "Other a b", "x-color": "red", "x-viewer-address": "10.0.0.1, 203.0.113.9:4711" });
    await send({ "x-viewer-address": "2001:db8::7" });
    await send({ "x-viewer-address": "[2001:db8::7]:443" });
    await send({ "x-viewer-address": "unknown" });

    expect(seen[0]).toMatchObject({
      scheme: "other",
      credentials: "a b",
      headers: { "x-color": "red" },
      inBatch: false,
    });
    expect(seen.map(({ address }) => address)).toEqual(["203.0.113.9", "2001:db8::7", "2001:db8::7", null]);
    expect(seen[1]).toMatchObject({ scheme: null, credentials: "" });
  });

  it("sends the status and headers of a refusal, in a batch for that part alone", async () => {
    const { status, headers, body } = await send({ authorization: "Key busy" });
    expect([status, headers.get("retry-after"), body.errno]).toEqual([429, "60", 117]);
    const expired = await send({ authorization: "Key expired" });
    expect([expired.status, expired.headers.get("www-authenticate")]).toEqual([401, "Key error"]);
    expect((await send({}, "/buckets/x")).headers.get("www-authenticate")).toContain('Cookie realm="Test", Key');

    const requests = ["busy", "eve"].map((key) => ({ path: "/", headers: { Authorization: `Key ${key}` } }));
    const { responses } = (await store.post("/batch", { requests }, { as: null })).body;
    expect(responses.map((one: { status: number }) => one.status)).toEqual([429, 200]);
    expect(responses[0].headers["Retry-After"]).toBe("60");
  });

  it("identifies a part of a batch once per Authorization header, by the cookies and address of the batch", async () => {
    const part = (headers: Record<string, string>) => ({ path: "/", headers });
    const forged = { cookie: "sid=eve", "x-viewer-address": "192.0.2.1" };
    const requests = [part(forged), part({ ...forged, authorization: "Other 1" }), part({ authorization: "Other 1" })];
    const headers = { cookie: "sid=ada", "x-viewer-address": "203.0.113.9" };
    const { responses } = (await store.post("/batch", { requests }, { as: null, headers })).body;

    const users = responses.map((one: { body: { user: { id: string } } }) => one.body.user.id);
    expect(users).toEqual(["member:ada", "member:ada", "member:ada"]);
    expect(seen.map(({ inBatch, scheme, address }) => [inBatch, scheme, address])).toEqual([
      [false, null, "203.0.113.9"],
      [true, "other", "203.0.113.9"],
    ]);
  });

  it("returns 500 for a policy that the plugin lacks and for a user that it may not identify", async () => {
    expect((await send({ cookie: "sid=stranger" })).status).toBe(500);
    expect((await send({ authorization: "Key plugin" })).status).toBe(500);
    expect(store.failures.join()).toContain("The plugin 'cookies' has no policy 'admin'");
    expect(store.failures.join()).toContain("The plugin 'keys' returns 'plugin:keys', which is not a user's id");
  });

  it("refuses policies that are reserved, invalid, or those of another plugin", () => {
    const withPolicies = (policies: readonly string[], name = "one") =>
      definePlugin({ name, about: "Test.", authentication: { challenge: "x", policies, identify: () => null } })();
    const read =
      (...plugins: ReturnType<typeof withPolicies>[]) =>
      () =>
        readConfig({ plugins });
    expect(read(withPolicies(["basicauth"]))).toThrow("authentication.policies: 'basicauth' is reserved");
    expect(read(withPolicies(["a", "a"]))).toThrow("authentication.policies: has 'a' twice");
    expect(read(withPolicies(["a:b"]))).toThrow("authentication.policies: must be a list of");
    expect(read(withPolicies(["google"]), withPolicies(["google"], "two"))).toThrow(
      "two.authentication.policies: the plugin 'one' has the policy 'google' too",
    );
  });
});
