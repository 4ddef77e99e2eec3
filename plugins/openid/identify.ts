import type { Identity } from "@kintoun/kit";
import { refuse } from "@kintoun/kit";
import { InvalidTokenError, toRefusal } from "./errors.ts";
import type { KnownToken, KnownTokens } from "./known-tokens.ts";
import type { Claims } from "./protocol.ts";
import { isForStore, type Provider, userIdIn } from "./provider.ts";

/** Longest token that is looked at. */
const MAX_TOKEN_CHARS = 16_000;
/** Unknown tokens that a process passes on to providers within a minute without success. Anyone can send them. */
const MAX_REFUSED_PER_MINUTE = 60;

interface IdentifyContext {
  readonly providers: readonly Provider[];
  readonly known: KnownTokens;
  /** How long the answer of a provider about a token counts, in ms. */
  readonly verificationMs: number;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Creates the function that finds the user of a bearer token; `null` if it is a token of no provider. */
export const createIdentify = ({ providers, known, verificationMs, now }: IdentifyContext) => {
  const refusals = { minute: 0, count: 0 };

  /** Asks a provider about the user of a token. */
  const askProvider = async ({ load, options }: Provider, token: string): Promise<string> => {
    const id = userIdIn(options, await (await load()).readUserinfo(token));
    if (id === undefined)
      throw new InvalidTokenError("The provider's information has no user id. Ask for more scopes.");
    return id;
  };

  const identifyByJwt = async (provider: Provider, token: string): Promise<string | undefined> => {
    const { options, load } = provider;
    const claims = await (await load()).verifyJwt(token);
    if (!isForStore(options, claims)) {
      const found = await known.find(token);
      if (found?.provider === provider.name) return found.id;
      throw new InvalidTokenError("The token is for another audience.");
    }
    return userIdIn(options, claims) ?? (await askProvider(provider, token));
  };

  /** Confirms a token again that the provider may have revoked. */
  const confirm = async (provider: Provider, token: string, found: KnownToken): Promise<string> => {
    if (now() - found.checked < verificationMs) return found.id;
    try {
      const id = await askProvider(provider, token);
      await known.save(token, { ...found, id, checked: now() });
      return id;
    } catch (error) {
      if (error instanceof InvalidTokenError) await known.forget(token);
      throw error;
    }
  };

  /** Asks a provider about a token of any of its clients. */
  const discoverUser = async (provider: Provider, token: string): Promise<string | undefined> => {
    const minute = Math.floor(now() / 60_000);
    if (refusals.minute !== minute) Object.assign(refusals, { minute, count: 0 });
    if (refusals.count >= MAX_REFUSED_PER_MINUTE)
      throw refuse(503, "There were too many unknown tokens. Send the request again later.");
    refusals.count++;
    try {
      const id = await askProvider(provider, token);
      const checked = now();
      const expires = checked + verificationMs;
      await known.save(token, { provider: provider.name, id, isOwn: false, checked, expires });
      refusals.count--;
      return id;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      return undefined;
    }
  };

  const identifyBy = async (
    provider: Provider,
    identify: (provider: Provider) => Promise<string | undefined>,
  ): Promise<Identity | null> => {
    try {
      const id = await identify(provider);
      return id === undefined ? null : { id, policy: provider.name };
    } catch (error) {
      throw toRefusal(error, { provider: provider.name, scheme: provider.options.headerType });
    }
  };

  return async (scheme: string | null, token: string): Promise<Identity | null> => {
    const candidates = providers.filter(({ options }) => options.headerType.toLowerCase() === scheme);
    if (candidates.length === 0 || token.length > MAX_TOKEN_CHARS) return null;
    const claims = readUnverified(token);
    const issuing = candidates.filter(({ options }) => isSameIssuer(options.issuer, claims?.iss));
    // Several clients of one provider have different audiences.
    const intended = issuing.find(({ options }) => claims !== undefined && isForStore(options, claims)) ?? issuing[0];
    if (intended) return identifyBy(intended, (provider) => identifyByJwt(provider, token));
    const found = await known.find(token);
    const owner = found && candidates.find(({ name }) => name === found.provider);
    if (found && owner && (found.isOwn || owner.options.opaqueTokens === "any"))
      return identifyBy(owner, (provider) => confirm(provider, token, found));
    for (const candidate of candidates) {
      if (candidate.options.opaqueTokens !== "any") continue;
      const identity = await identifyBy(candidate, (provider) => discoverUser(provider, token));
      if (identity !== null) return identity;
    }
    return null;
  };
};

/** The claims of a JWT, not verified, to find its provider; `undefined` for other tokens. */
const readUnverified = (token: string): Claims | undefined => {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
};

/** Whether issuers are the same up to a slash at the end. The signature is checked with the exact one. */
const isSameIssuer = (configured: string | undefined, issuer: unknown): boolean =>
  configured !== undefined && typeof issuer === "string" && configured.replace(/\/$/, "") === issuer.replace(/\/$/, "");
