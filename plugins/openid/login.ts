import { createHash, randomBytes } from "node:crypto";
import { type Json, type Log, type RouteRequest, type RouteResponse, refuse, type State } from "@kintoun/kit";
import { findCallback } from "./callbacks.ts";
import { InvalidTokenError, toRefusal } from "./errors.ts";
import type { KnownTokens } from "./known-tokens.ts";
import { type Options, userIdFieldOf } from "./options.ts";
import type { Exchange } from "./protocol.ts";
import { type Provider, userIdIn } from "./provider.ts";

const LOGINS = "logins";
const COOKIE = "kintoun_openid";
/** Browsers send it when the provider sends them back, and no page can read it. */
const COOKIE_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Lax";

/** A login that was started. */
interface StartedLogin {
  readonly provider: string;
  readonly callback: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly nonce: string | null;
  /** The hash of the browser's cookie. */
  readonly browser: string;
}

interface LoginContext {
  readonly providers: readonly Provider[];
  readonly options: Options;
  readonly state: State;
  readonly known: KnownTokens;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
}

interface LoginQuery {
  readonly callback: string;
  readonly scope: string;
  readonly prompt?: string | undefined;
}

type Call = Pick<RouteRequest, "headers" | "query">;

/** Creates both steps of a login: to the provider, and back with its tokens. */
export const createLogin = ({ providers, options, state, known, log, now }: LoginContext) => {
  const requireProvider = (name: string): Provider => {
    const provider = providers.find((one) => one.name === name);
    if (provider === undefined) throw refuse(404, "There is no such provider. GET /v1/ lists the providers.");
    return provider;
  };
  const baseOf = ({ headers }: Call): string => options.baseUrl?.replace(/\/$/, "") ?? `${originOf(headers)}/v1`;
  const redirectUriOf = (call: Call, { name }: Provider): string => `${baseOf(call)}/openid/${name}/token`;

  /** Returns a login and makes it unusable; `undefined` if there is none. */
  const takeLogin = async (stateText: string): Promise<StartedLogin | undefined> => {
    let taken: StartedLogin | undefined;
    await state.change(
      LOGINS,
      hash(stateText),
      (present) => {
        taken = isStarted(present) ? present : undefined;
        return taken && { used: true };
      },
      { expires: now() + options.loginSeconds * 1000 },
    );
    return taken;
  };

  /** Remembers the access token of a login, so that requests may use it. */
  const saveToken = async (provider: Provider, { tokens, claims }: Exchange): Promise<void> => {
    const { access_token: token, expires_in: seconds } = tokens;
    const id =
      (claims && userIdIn(provider.options, claims)) ??
      userIdIn(provider.options, await (await provider.load()).readUserinfo(token));
    if (id === undefined)
      throw new InvalidTokenError(
        `The provider does not say the user's ${userIdFieldOf(provider.options)}. Ask for more scopes.`,
      );
    const entry = { provider: provider.name, id, isOwn: true, checked: now(), expires: known.expiryOf(seconds) };
    await known.save(token, entry);
    log.info("A user has logged in", { user_id: `${provider.name}:${id}` });
  };

  return {
    /** Sends a browser to the provider. */
    start: async (name: string, call: Call, { callback, scope, prompt }: LoginQuery): Promise<RouteResponse> => {
      const provider = requireProvider(name);
      const target = findCallback(options.callbacks, callback, baseOf(call));
      if (target === undefined)
        throw refuse(
          400,
          "callback is not allowed. The operator lists allowed ones in the option callbacks of openid.",
        );
      if (userIdFieldOf(provider.options) === "email" && !scope.split(" ").includes("email"))
        throw refuse(400, `scope must contain email, because the provider '${name}' identifies users by it.`);
      const browser = readCookie(call.headers) ?? randomBytes(32).toString("base64url");
      const stateText = randomBytes(32).toString("base64url");
      const redirectUri = redirectUriOf(call, provider);
      try {
        const request = { redirectUri, scope, prompt, state: stateText };
        const { url, verifier, nonce = null } = await (await provider.load()).startLogin(request);
        const login: StartedLogin = {
          provider: name,
          callback: target,
          redirectUri,
          verifier,
          nonce,
          browser: hash(browser),
        };
        await state.put(LOGINS, hash(stateText), { ...login }, { expires: now() + options.loginSeconds * 1000 });
        const secure = redirectUri.startsWith("https:") ? "; Secure" : "";
        return redirectTo(url, {
          "Set-Cookie": `${COOKIE}=${browser}; Max-Age=${options.loginSeconds}; ${COOKIE_ATTRIBUTES}${secure}`,
        });
      } catch (error) {
        throw toRefusal(error, { provider: name, scheme: provider.options.headerType });
      }
    },

    /** Trades the provider's code for tokens, and sends the browser to the callback with them. */
    finish: async (name: string, call: Call): Promise<RouteResponse> => {
      const provider = requireProvider(name);
      const query = new URLSearchParams(call.query);
      const stateText = query.get("state") ?? "";
      const browser = readCookie(call.headers);
      const login = stateText === "" || browser === undefined ? undefined : await takeLogin(stateText);
      if (login === undefined || login.provider !== name || browser === undefined || login.browser !== hash(browser))
        throw refuse(
          400,
          "state is not valid: the login was started in another browser, took too long, or has ended. Start it again.",
        );
      const protocol = await provider.load();
      try {
        const exchange = await protocol.exchange(`${login.redirectUri}?${call.query}`, {
          state: stateText,
          nonce: login.nonce ?? undefined,
          verifier: login.verifier,
        });
        await saveToken(provider, exchange);
        return redirectTo(toCallbackUrl(login.callback, exchange.tokens));
      } catch (error) {
        const failure =
          error instanceof InvalidTokenError
            ? { error: "access_denied", error_description: error.message }
            : protocol.toLoginError(error);
        if (failure === undefined) throw toRefusal(error, { provider: name, scheme: provider.options.headerType });
        log.warn("A login failed", { provider: name, ...failure });
        return redirectTo(toCallbackUrl(login.callback, failure));
      }
    },
  };
};

const hash = (text: string): string => createHash("sha256").update(text).digest("base64url");

const isStarted = (value: Json | undefined): value is Json & StartedLogin =>
  typeof value === "object" && value !== null && "verifier" in value;

/** The callback with JSON in base64 behind it, as clients of Kinto expect it. */
const toCallbackUrl = (callback: string, result: object): string =>
  `${callback}${encodeURIComponent(Buffer.from(JSON.stringify(result)).toString("base64"))}`;

const redirectTo = (location: string, headers: Readonly<Record<string, string>> = {}): RouteResponse => ({
  status: 307,
  body: null,
  headers: { Location: location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", ...headers },
});

const originOf = ({ host = "localhost", "x-forwarded-proto": scheme }: Call["headers"]): string =>
  `${scheme === "http" ? "http" : "https"}://${host}`;

const readCookie = ({ cookie = "" }: Call["headers"]): string | undefined =>
  /(?:^|; *)kintoun_openid=([\w-]{43})(?:;|$)/.exec(cookie)?.[1];
