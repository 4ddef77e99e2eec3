import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import Provider, { type Configuration } from "oidc-provider";

export const CLIENT_ID = "kintoun";
export const CLIENT_SECRET = "a-secret-of-the-client-with-enough-bytes";

interface Account {
  readonly email: string;
  readonly email_verified: boolean;
}

const ACCOUNTS: Readonly<Record<string, Account>> = {
  ada: { email: "ada@example.org", email_verified: true },
  eve: { email: "ada@example.org", email_verified: false },
};

const createKey = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
  return { kid, privateKey, publicKey, jwk, pem: await exportSPKI(publicKey) };
};
type Key = Awaited<ReturnType<typeof createKey>>;

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Starts a provider of OpenID Connect (npm `oidc-provider`) that logs users in without a page. At `/plain/` is a provider of
 * OAuth 2 with nothing but a userinfo endpoint, like GitHub.
 */
export const startProvider = async () => {
  const paths: string[] = [];
  const plainTokens = new Map<string, object>();
  let account = "ada";
  let key = await createKey("first");
  let handler: Handler = (_, response) => response.writeHead(503).end();
  const answerPlain: Handler = ({ headers }, response) => {
    const user = plainTokens.get(headers.authorization?.replace("Bearer ", "") ?? "");
    response.writeHead(user === undefined ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(user ?? {}));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://provider");
    paths.push(pathname);
    return pathname.startsWith("/plain/") ? answerPlain(request, response) : handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Starts the provider, or starts it again with another key. @param redirectUris those of its client */
  const start = (redirectUris: readonly string[], signing: Key = key): void => {
    key = signing;
    const provider = new Provider(issuer, toConfiguration(redirectUris, signing.jwk));
    provider.on("server_error", (_, error) => console.error(error));
    const callback = provider.callback();
    handler = async (request, response) => {
      if (request.url?.startsWith("/interaction/") !== true) return callback(request, response);
      return provider.interactionFinished(request, response, { login: { accountId: account } });
    };
  };

  return {
    issuer,
    start,
    /** Stops to respond, as a broken provider. */
    fail: () => {
      handler = (_, response) => response.writeHead(503).end();
    },
    rotate: async (redirectUris: readonly string[]) => start(redirectUris, await createKey("second")),
    logInAs: (name: string) => {
      account = name;
    },
    get key() {
      return key;
    },
    /** A JWT that the provider could have issued. */
    sign: (claims: JWTPayload = {}, header: object = {}, signing: Key = key): Promise<string> =>
      new SignJWT({ iss: issuer, aud: CLIENT_ID, sub: "ada", exp: Math.floor(Date.now() / 1000) + 600, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: signing.kid, ...header })
        .sign(signing.privateKey),
    createKey,
    plainTokens,
    /** The number of requests to a path. */
    count: (path: string): number => paths.filter((one) => one === path).length,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export type TestProvider = Awaited<ReturnType<typeof startProvider>>;

const toConfiguration = (redirectUris: readonly string[], signing: JWK): Configuration => ({
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: [...redirectUris],
    },
  ],
  jwks: { keys: [signing as never] },
  cookies: { keys: ["a key of the test"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) }),
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client?.clientId ?? "",
      accountId: oidc.session?.accountId ?? "",
    });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Session: 3600, Interaction: 3600 },
});

/** A browser: keeps the cookies of each server, and follows redirects. */
export const openBrowser = () => {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = ({ origin }: URL): Map<string, string> => {
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };
  const get = async (url: string): Promise<Response> => {
    const target = new URL(url);
    const jar = jarOf(target);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(target, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    await response.clone().arrayBuffer();
    return response;
  };
  return {
    get,
    /** Follows redirects until one leads to a URL with a prefix, or a response is none. */
    follow: async (url: string, prefix: string): Promise<{ readonly url: string; readonly response: Response }> => {
      let next = url;
      for (let count = 0; count < 10; count++) {
        const response = await get(next);
        const location = response.headers.get("location");
        if (location === null) return { url: next, response };
        next = new URL(location, next).href;
        if (next.startsWith(prefix)) return { url: next, response };
      }
      throw new Error(`There are too many redirects: ${next}`);
    },
  };
};
