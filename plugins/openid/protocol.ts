import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import * as client from "openid-client";
import { InvalidTokenError, isUnavailable, ProviderUnavailableError } from "./errors.ts";
import type { ProviderOptions } from "./options.ts";
import type { ProviderFetch } from "./provider-fetch.ts";

/** How long metadata of a provider is kept, in ms. */
const METADATA_MS = 24 * 3600_000;
/** After this time keys are read again. Until then keys that the provider has withdrawn are accepted. */
const KEYS_MS = 10 * 60_000;
/** How often keys are read again for tokens with an unknown key: anyone can make such tokens. */
const UNKNOWN_KEY_MS = 30_000;
/** How long keys count while the provider does not respond, in ms. */
const STALE_KEYS_MS = 24 * 3600_000;
/** How much clocks may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Types of JWTs that are credentials. Others, such as notices of logouts, are signed by the same keys. */
const TOKEN_TYPES = ["jwt", "at+jwt", "application/at+jwt"];

export interface ProtocolContext {
  readonly options: ProviderOptions;
  readonly fetch: ProviderFetch;
  readonly getSecret: (() => Promise<string>) | undefined;
  readonly allowsHttp: boolean;
  /** Epoch ms. */
  readonly now: () => number;
}

interface LoginRequest {
  readonly redirectUri: string;
  readonly scope: string;
  readonly prompt: string | undefined;
  readonly state: string;
}

/** What proves that a code is for the login that was started. */
interface LoginChecks {
  readonly state: string;
  readonly nonce: string | undefined;
  readonly verifier: string;
}

export type Claims = Readonly<Record<string, unknown>>;

/** The tokens as the provider sent them, and the claims of the ID token. */
export interface Exchange {
  readonly tokens: Readonly<Record<string, unknown>> & { readonly access_token: string };
  readonly claims: Claims | undefined;
}

/** OpenID Connect and OAuth 2 with one provider. Loaded on first use, because of the libraries' size. */
export const createProtocol = (context: ProtocolContext) => {
  const { options, fetch, now } = context;
  const readConfiguration = keepFor(now, METADATA_MS, () => discover(context));
  let keys: { readonly set: ReturnType<typeof createLocalJWKSet>; readonly readAt: number } | undefined;
  let reading: Promise<void> | undefined;

  const readKeys = async (): Promise<void> => {
    const { jwks_uri } = (await readConfiguration()).serverMetadata();
    if (jwks_uri === undefined) throw new ProviderUnavailableError("The provider's metadata has no jwks_uri");
    const response = await fetch(jwks_uri, { method: "GET", headers: { accept: "application/json" } });
    if (!response.ok) throw new ProviderUnavailableError(`The provider's keys: ${response.status}`);
    const set = await response.json().catch((cause: unknown) => {
      throw new ProviderUnavailableError("The provider's keys are no JSON", { cause });
    });
    keys = { set: createLocalJWKSet(set as JSONWebKeySet), readAt: now() };
  };
  /** Reads keys that are older than an age. Several callers wait for the same response. */
  const renewKeys = async (maxAgeMs: number): Promise<void> => {
    if (keys !== undefined && now() - keys.readAt < maxAgeMs) return;
    reading ??= readKeys().finally(() => {
      reading = undefined;
    });
    await reading.catch((error: unknown) => {
      if (keys === undefined || now() - keys.readAt > STALE_KEYS_MS) throw error;
    });
  };

  const verify = async (token: string): Promise<JWTPayload> => {
    const { issuer } = (await readConfiguration()).serverMetadata();
    if (keys === undefined) throw new ProviderUnavailableError("There are no keys");
    const { payload, protectedHeader } = await jwtVerify(token, keys.set, {
      issuer,
      algorithms: [...options.algorithms],
      requiredClaims: ["exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });
    if (!TOKEN_TYPES.includes(protectedHeader.typ?.toLowerCase() ?? "jwt") || payload.events !== undefined)
      throw new InvalidTokenError("The token is a JWT of another kind. Use an access token or an ID token.");
    return payload;
  };

  return {
    /**
     * Verifies a JWT of the provider except its audience. Returns its claims.
     * @throws InvalidTokenError or ProviderUnavailableError
     */
    verifyJwt: async (token: string): Promise<Claims> => {
      await renewKeys(KEYS_MS);
      try {
        return await verify(token).catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
          await renewKeys(UNKNOWN_KEY_MS);
          return verify(token);
        });
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        throw new InvalidTokenError(
          error instanceof errors.JWTExpired ? "The token has expired. Log in again." : "The token is not valid.",
          { cause: error },
        );
      }
    },

    /**
     * Returns what the provider says about the user of an access token.
     * @throws InvalidTokenError or ProviderUnavailableError
     */
    readUserinfo: async (token: string): Promise<Claims> => {
      const endpoint = options.userinfoEndpoint ?? (await readConfiguration()).serverMetadata().userinfo_endpoint;
      if (endpoint === undefined) throw new InvalidTokenError("The provider does not describe the users of tokens.");
      const headers = { accept: "application/json", authorization: `Bearer ${token}` };
      const response = await fetch(endpoint, { method: "GET", headers });
      if (!response.ok) throw new InvalidTokenError("The provider does not accept the token. Log in again.");
      const claims: unknown = await response.json().catch(() => undefined);
      if (typeof claims !== "object" || claims === null)
        throw new ProviderUnavailableError("The provider's information about a user is no JSON object");
      return claims as Claims;
    },

    /** Starts a login. Returns the URL at the provider, and what {@link exchange} needs. */
    startLogin: async ({ redirectUri, scope, prompt, state }: LoginRequest) => {
      const configuration = await readConfiguration();
      const isOpenId = options.issuer !== undefined;
      const scopes = scope.split(" ");
      const verifier = client.randomPKCECodeVerifier();
      const nonce = isOpenId ? client.randomNonce() : undefined;
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: isOpenId && !scopes.includes("openid") ? `openid ${scope}` : scope,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...(nonce !== undefined && { nonce }),
        ...(prompt !== undefined && { prompt }),
      });
      return { url: url.href, verifier, nonce };
    },

    /** Trades a code for tokens. @param url the URL that the provider sent the browser to */
    exchange: async (url: string, { state, nonce, verifier }: LoginChecks): Promise<Exchange> => {
      const tokens = await client.authorizationCodeGrant(await readConfiguration(), new URL(url), {
        expectedState: state,
        pkceCodeVerifier: verifier,
        ...(nonce !== undefined && { expectedNonce: nonce }),
      });
      return { tokens: { ...tokens }, claims: tokens.claims() };
    },

    /** The error of a refused login as the client gets it, or `undefined` for another error. */
    toLoginError: (error: unknown): { error: string; error_description?: string | undefined } | undefined => {
      if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)
        return { error: error.error, error_description: error.error_description };
      return error instanceof client.ClientError && !isUnavailable(error)
        ? { error: "server_error", error_description: "The answer of the provider is not valid." }
        : undefined;
    },
  };
};

export type Protocol = ReturnType<typeof createProtocol>;

const discover = async ({ options, fetch, getSecret, allowsHttp }: ProtocolContext): Promise<client.Configuration> => {
  const { issuer, oauth2, clientId } = options;
  const secret = await getSecret?.();
  const authentication = secret === undefined ? client.None() : client.ClientSecretPost(secret);
  const settings = {
    [client.customFetch]: fetch,
    execute: allowsHttp ? [client.allowInsecureRequests] : [],
    // The requests have a limit of their own.
    timeout: 20,
  };
  if (issuer !== undefined)
    return client.discovery(new URL(issuer), clientId, {}, authentication, settings).catch((cause: unknown) => {
      throw new ProviderUnavailableError(`The metadata of ${issuer} cannot be read`, { cause });
    });
  const { authorizationEndpoint = "", tokenEndpoint = "" } = oauth2 ?? {};
  const configuration = new client.Configuration(
    {
      issuer: new URL(authorizationEndpoint).origin,
      authorization_endpoint: authorizationEndpoint,
      token_endpoint: tokenEndpoint,
    },
    clientId,
    {},
    authentication,
  );
  configuration[client.customFetch] = fetch;
  if (allowsHttp) client.allowInsecureRequests(configuration);
  return configuration;
};

/** Remembers the result of a function for some time. Failures are not remembered. */
const keepFor = <T>(now: () => number, ms: number, read: () => Promise<T>): (() => Promise<T>) => {
  let kept: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (kept !== undefined && now() < kept.until) return kept.value;
    const value = read();
    kept = { value, until: now() + ms };
    value.catch(() => {
      kept = undefined;
    });
    return value;
  };
};
