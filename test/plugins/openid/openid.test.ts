import { createHmac } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openid } from "../../../plugins/openid/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { CLIENT_ID, CLIENT_SECRET, openBrowser, startProvider, type TestProvider } from "./start-provider.ts";

const CALLBACK = "http://app.example.org/#/auth/";
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

let provider: TestProvider;
let store: TestStore;
let redirectUris: string[];
/** Accepts connections, and responds to nothing. */
const silent = createServer();
beforeAll(async () => {
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  provider = await startProvider();
  const { issuer } = provider;
  const plain = (path: string) => `${issuer}/plain/${path}`;
  const oauth2 = {
    authorizationEndpoint: plain("auth"),
    tokenEndpoint: plain("token"),
  };
  const clientSecret = { parameter: "/kintoun/openid" };
  store = await startStore({
    plugins: [
      openid({
        providers: {
          local: { issuer, clientId: CLIENT_ID, clientSecret },
          mail: { issuer, clientId: CLIENT_ID, clientSecret, userIdField: "email", headerType: "Mail" },
          plain: { oauth2, userinfoEndpoint: plain("user"), clientId: CLIENT_ID, opaqueTokens: "any" },
          second: { issuer, clientId: "second-client" },
          down: { issuer: "http://127.0.0.1:9", clientId: CLIENT_ID },
          silent: { issuer: silentIssuer(), clientId: CLIENT_ID },
        },
        callbacks: ["http://app.example.org/"],
        private: true,
      }),
    ],
    secrets: { openid: { "secret-local": CLIENT_SECRET, "secret-mail": CLIENT_SECRET } },
  });
  redirectUris = ["local", "mail"].map((name) => `${store.url}/openid/${name}/token`);
  provider.start(redirectUris);
  await store.put("/buckets/blog", { permissions: { read: ["local:ada"] } });
});
afterAll(async () => {
  await store.close();
  provider.close();
  silent.close();
});

const silentIssuer = () => `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;

const withToken = (token: string, scheme = "Bearer") => ({
  as: null,
  headers: { authorization: `${scheme} ${token}` },
});
const read = (token: string, scheme?: string) => store.get("/buckets/blog", withToken(token, scheme));
const userOf = async (token: string, scheme?: string) => (await store.get("/", withToken(token, scheme))).body.user?.id;
const loginUrl = (query: Record<string, string> = {}, name = "local") =>
  `${store.url}/openid/${name}/login?${new URLSearchParams({ callback: CALLBACK, scope: "openid email", ...query })}`;
const resultIn = (url: string) =>
  JSON.parse(Buffer.from(decodeURIComponent(url.slice(CALLBACK.length)), "base64").toString());
const logIn = async (query?: Record<string, string>, name?: string) =>
  resultIn((await openBrowser().follow(loginUrl(query, name), CALLBACK)).url);

describe("a login", () => {
  it("ends at the callback with tokens of the provider, which identify the user", async () => {
    const { access_token, id_token, token_type } = await logIn();
    expect(token_type).toMatch(/^bearer$/i);
    expect(await userOf(access_token)).toBe("local:ada");
    expect(await userOf(id_token)).toBe("local:ada");
    expect((await read(access_token)).status).toBe(200);
  });

  it("is announced as clients of Kinto expect it", async () => {
    const { providers } = (await store.get("/")).body.capabilities.openid;
    expect(providers[0]).toMatchObject({
      name: "local",
      issuer: provider.issuer,
      auth_path: "/openid/local/login",
      client_id: CLIENT_ID,
      header_type: "Bearer",
    });
    expect(providers[2]).toMatchObject({ name: "plain", userinfo_endpoint: `${provider.issuer}/plain/user` });
  });

  it("uses PKCE, and a state that counts once, in one browser", async () => {
    const browser = openBrowser();
    const { url } = await browser.follow(loginUrl(), `${store.url}/openid/local/token`);
    expect((await openBrowser().get(url)).status).toBe(400);
    const other = openBrowser();
    await other.get(loginUrl());
    expect((await other.get(url)).status).toBe(400);
    expect((await browser.get(url)).status).toBe(400);

    const again = await browser.follow(loginUrl(), `${store.url}/openid/local/token`);
    const done = await browser.get(again.url);
    expect(done.headers.get("location")).toMatch(/^http:\/\/app\.example\.org\/#\/auth\//);
    expect((await browser.get(again.url)).status).toBe(400);
    const { searchParams } = new URL((await openBrowser().get(loginUrl())).headers.get("location") ?? "");
    expect(Object.fromEntries(searchParams)).toMatchObject({ code_challenge_method: "S256", response_type: "code" });
  });

  it("expires", async () => {
    const browser = openBrowser();
    const { url } = await browser.follow(loginUrl(), `${store.url}/openid/local/token`);
    store.clock.advance(601 * SECOND_MS);
    expect((await browser.get(url)).status).toBe(400);
  });

  it("tells the callback what the provider refuses", async () => {
    expect(await logIn({ prompt: "none" })).toMatchObject({ error: "login_required" });
  });

  it.each<[string, Record<string, string>, string, number]>([
    ["another callback", { callback: "http://app.example.org.evil.org/" }, "local", 400],
    ["a callback that is no URL", { callback: "/auth" }, "local", 400],
    ["a scope without email where that is the user id", { scope: "openid" }, "mail", 400],
    ["another prompt", { prompt: "login" }, "local", 400],
    ["an unknown provider", {}, "other", 404],
    ["a provider that is down", {}, "down", 503],
  ])("is refused with %s", async (_, query, name, status) => {
    expect((await openBrowser().get(loginUrl(query, name))).status).toBe(status);
  });

  it("identifies users by an address only if the provider has verified it", async () => {
    const { access_token } = await logIn({}, "mail");
    expect(await userOf(access_token, "Mail")).toBe("mail:ada@example.org");
    provider.logInAs("eve");
    expect(await logIn({}, "mail")).toMatchObject({ error: "access_denied" });
    provider.logInAs("ada");
  });
});

describe("a JWT", () => {
  const seconds = (ahead: number) => Math.floor(store.clock.now() / 1000) + ahead;
  const hmacToken = (key: string) => {
    const parts = [
      { alg: "HS256", kid: provider.key.kid },
      { iss: provider.issuer, aud: CLIENT_ID, sub: "ada", exp: seconds(600) },
    ];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
  };
  const replacePayload = (token: string, other: string) =>
    token
      .split(".")
      .with(1, other.split(".")[1] ?? "")
      .join(".");
  const valid = (claims: object = {}, header: object = {}) => provider.sign({ exp: seconds(600), ...claims }, header);

  it("identifies a user by the provider's signature", async () => {
    expect(await userOf(await valid())).toBe("local:ada");
    expect(await userOf(await valid({ aud: ["other", CLIENT_ID] }, { typ: "at+jwt" }))).toBe("local:ada");
    expect(await userOf(await valid({ aud: undefined, client_id: CLIENT_ID }))).toBe("local:ada");
    expect(await userOf(await valid({ exp: seconds(-20) }))).toBe("local:ada");
    expect(await userOf(await valid({ aud: "second-client" }))).toBe("second:ada");
  });

  it.each<[string, () => Promise<string> | string]>([
    ["has expired", () => valid({ exp: seconds(-40) })],
    ["never expires", () => valid({ exp: undefined })],
    ["is not valid yet", () => valid({ nbf: seconds(100) })],
    ["is for another audience", () => valid({ aud: "other" })],
    ["is for no audience and another client", () => valid({ aud: undefined, client_id: "other" })],
    ["is a notice of a logout", () => valid({ events: {} }, { typ: "logout+jwt" })],
    ["is signed by another key", async () => provider.sign({}, {}, { ...(await provider.createKey("first")) })],
    ["is signed by the public key (PEM)", () => hmacToken(provider.key.pem)],
    ["is signed by the public key (JWK)", () => hmacToken(provider.key.jwk.n ?? "")],
    ["was changed", async () => replacePayload(await valid(), await valid({ sub: "bob" }))],
    [
      "has no signature",
      () =>
        `${[{ alg: "none" }, { iss: provider.issuer, aud: CLIENT_ID, sub: "ada", exp: seconds(600) }]
          .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
          .join(".")}.`,
    ],
  ])("is refused if it %s", async (_, create) => {
    const { status, headers } = await read(await create());
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe('Bearer realm="Kintoun", error="invalid_token"');
  });

  it("of another issuer is left to other plugins", async () => {
    const { status, headers } = await read(await valid({ iss: "https://other.example.org" }));
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).not.toContain("invalid_token");
  });

  it("of a provider that is down gets a 503, also while others wait for it", async () => {
    const token = await valid({ iss: "http://127.0.0.1:9" });
    const responses = await Promise.all([1, 2, 3].map(() => read(token)));
    expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(responses[0]?.headers.get("retry-after")).toMatch(/^\d+$/);
  });

  it("of a provider that does not respond gets a 503 after five seconds, and then at once", async () => {
    const token = await valid({ iss: silentIssuer() });
    const ask = async () => [(await read(token)).status, (await openBrowser().get(loginUrl({}, "silent"))).status];
    const start = performance.now();
    expect(await ask()).toEqual([503, 503]);
    expect(await ask()).toEqual([503, 503]);
    const seconds = (performance.now() - start) / 1000;
    expect(seconds).toBeGreaterThan(4.9);
    expect(seconds).toBeLessThan(9);
  }, 20_000);
});

describe("an opaque token", () => {
  it("that comes of no login is not passed on to a provider that accepts only those", async () => {
    const before = provider.count("/me");
    expect((await read("unknown", "Mail")).status).toBe(401);
    expect(provider.count("/me")).toBe(before);
  });

  it("of a login ends when the provider revokes it", async () => {
    const { access_token } = await logIn();
    expect(await userOf(access_token)).toBe("local:ada");
    // The provider forgets all tokens.
    provider.start(redirectUris);
    expect(await userOf(access_token)).toBe("local:ada");
    store.clock.advance(301 * SECOND_MS);
    expect((await read(access_token)).status).toBe(401);
    expect((await read(access_token)).headers.get("www-authenticate")).not.toContain("invalid_token");
  });

  it("gets a 503 while the provider is down", async () => {
    const { access_token } = await logIn();
    store.clock.advance(301 * SECOND_MS);
    provider.fail();
    const { status, headers } = await read(access_token);
    expect({ status, after: headers.get("retry-after") }).toEqual({
      status: 503,
      after: expect.stringMatching(/^\d+$/),
    });
    provider.start(redirectUris);
    store.clock.advance(6 * SECOND_MS);
    expect((await read(access_token)).status).toBe(401);
  });

  it("of any client is accepted where the operator allows it, and remembered for a short time", async () => {
    provider.plainTokens.set("gho_1", { id: 583231, login: "octocat" });
    expect(await userOf("gho_1")).toBe("plain:583231");
    const asked = provider.count("/plain/user");
    expect(await userOf("gho_1")).toBe("plain:583231");
    expect(provider.count("/plain/user")).toBe(asked);
    provider.plainTokens.delete("gho_1");
    store.clock.advance(301 * SECOND_MS);
    expect(await userOf("gho_1")).toBeUndefined();
    expect(provider.count("/plain/user")).toBe(asked + 1);
  });

  it("that is unknown reaches a provider a limited number of times", async () => {
    store.clock.advance(MINUTE_MS);
    const asked = provider.count("/plain/user");
    const statuses = await Promise.all(Array.from({ length: 70 }, async (_, n) => (await read(`unknown-${n}`)).status));
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    store.clock.advance(MINUTE_MS);
    expect((await read("unknown")).status).toBe(401);
    expect(provider.count("/plain/user") - asked).toBeLessThan(75);
  });
});

describe("keys of a provider", () => {
  it("are read again when they change, but not by strangers", async () => {
    const old = await provider.sign({ exp: 4_000_000_000 });
    expect(await userOf(old)).toBe("local:ada");
    const asked = provider.count("/jwks");
    await provider.rotate(redirectUris);
    const token = await provider.sign({ exp: 4_000_000_000 });
    store.clock.advance(31 * SECOND_MS);
    expect(await userOf(token)).toBe("local:ada");
    expect((await read(old)).status).toBe(401);

    const stranger = await provider.createKey("stranger");
    const unknown = await provider.sign({ exp: 4_000_000_000 }, {}, stranger);
    for (let n = 0; n < 10; n++) expect((await read(unknown)).status).toBe(401);
    expect(provider.count("/jwks")).toBe(asked + 1);
  });

  it("count while the provider is down, for a day", async () => {
    const token = await provider.sign({ exp: 4_000_000_000 });
    expect(await userOf(token)).toBe("local:ada");
    provider.fail();
    store.clock.advance(11 * MINUTE_MS);
    expect(await userOf(token)).toBe("local:ada");
    store.clock.advance(25 * 60 * MINUTE_MS);
    expect((await read(token)).status).toBe(503);
  });
});
