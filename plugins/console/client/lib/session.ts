import { computed, signal } from "@preact/signals";
import { API_URL } from "./urls.ts";

/** How requests prove the user. */
type Session =
  | {
      readonly kind: "account";
      readonly account: string;
      readonly id: string;
      readonly accessToken: string;
      readonly refreshToken: string;
    }
  | { readonly kind: "header"; readonly authorization: string };

const STORAGE_KEY = "kintoun-console-session";

const readStored = (): Session | undefined => {
  try {
    const stored = sessionStorage.getItem(STORAGE_KEY);
    return stored === null ? undefined : (JSON.parse(stored) as Session);
  } catch {
    return undefined;
  }
};

const current = signal<Session | undefined>(readStored());
/** Why the user has to log in. */
export const loginNotice = signal("");
export const isLoggedIn = computed(() => current.value !== undefined);

const keep = (session: Session | undefined): void => {
  current.value = session;
  if (session === undefined) sessionStorage.removeItem(STORAGE_KEY);
  else sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
};

/** The header of requests. */
export const authorize = (): Readonly<Record<string, string>> => {
  const session = current.value;
  if (session === undefined) return {};
  return {
    Authorization: session.kind === "account" ? `Bearer ${session.accessToken}` : session.authorization,
  };
};

/** Forgets the credentials. @param notice shown above the login */
export const dropSession = (notice: string): void => {
  loginNotice.value = notice;
  keep(undefined);
};

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${API_URL}${path}`, {
    method: "POST",
    credentials: "omit",
    headers: { Accept: "application/json", "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly session: string;
}

const keepTokens = (account: string, { access_token, refresh_token, session }: Tokens): void =>
  keep({ kind: "account", account, id: session, accessToken: access_token, refreshToken: refresh_token });

/** The reason why a login failed, for the user. */
export class LoginError extends Error {
  /** Whether the account may have a second factor. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "LoginError";
    this.status = status;
  }
}

const failLogin = async (response: Response): Promise<never> => {
  const body = (await response.json().catch(() => ({}))) as { readonly message?: string };
  const wait = response.headers.get("Retry-After");
  const retry = wait === null ? "" : ` Try again in ${wait} seconds.`;
  throw new LoginError(`${body.message ?? `The store answered ${response.status}.`}${retry}`, response.status);
};

/** Begins a session of an account. Throws a {@link LoginError}. @param code of an app; "" for none */
export const logInByAccount = async (account: string, password: string, code: string): Promise<void> => {
  const response = await post(`/accounts/${encodeURIComponent(account)}/sessions`, {
    password,
    ...(code === "" ? {} : { one_time_code: code }),
  });
  if (!response.ok) return failLogin(response);
  keepTokens(account, (await response.json()) as Tokens);
  loginNotice.value = "";
};

/** Uses a header for all requests if it proves a user. Throws a {@link LoginError}. */
export const logInByHeader = async (authorization: string): Promise<void> => {
  const response = await fetch(`${API_URL}/`, {
    credentials: "omit",
    headers: { Accept: "application/json", Authorization: authorization },
  });
  if (!response.ok) return failLogin(response);
  const { user } = (await response.json()) as { readonly user?: { readonly id: string } };
  if (user === undefined) throw new LoginError("The credentials are not valid.", 401);
  keep({ kind: "header", authorization });
  loginNotice.value = "";
};

/** Encodes as UTF-8 first, since names and passwords may have any character. */
export const toBasic = (user: string, password: string): string =>
  `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;

let refreshing: Promise<boolean> | undefined;

/** Exchanges the refresh token, once for all requests that need it. @returns whether requests can be sent again */
export const refreshSession = (): Promise<boolean> => {
  const session = current.value;
  if (session?.kind !== "account") return Promise.resolve(false);
  refreshing ??= exchange(session).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
};

const exchange = async (session: Extract<Session, { kind: "account" }>): Promise<boolean> => {
  const response = await post("/account-sessions/refresh", { refresh_token: session.refreshToken }).catch(
    () => undefined,
  );
  if (!response?.ok) return false;
  keepTokens(session.account, (await response.json()) as Tokens);
  return true;
};

/** Ends the session in the store too. */
export const logOut = async (): Promise<void> => {
  const session = current.value;
  const headers = authorize();
  dropSession("");
  if (session?.kind !== "account") return;
  const path = `/accounts/${encodeURIComponent(session.account)}/sessions/${encodeURIComponent(session.id)}`;
  await fetch(`${API_URL}${path}`, { method: "DELETE", credentials: "omit", headers: { ...headers } }).catch(() => {});
};

const OPENID_KEY = "kintoun-console-openid";
/** The page at which a login by OpenID ends: the tokens follow. */
const OPENID_PAGE = "#/openid/";

export interface OpenIdProvider {
  readonly name: string;
  readonly auth_path: string;
  readonly header_type: string;
}

/** Leaves the console for the provider. Throws a {@link LoginError} if the store does not let the login end here. */
export const startOpenIdLogin = async ({ name, auth_path, header_type }: OpenIdProvider): Promise<void> => {
  sessionStorage.setItem(OPENID_KEY, JSON.stringify({ name, headerType: header_type }));
  const callback = `${location.origin}${location.pathname}${OPENID_PAGE}${encodeURIComponent(name)}/`;
  const url = `${API_URL}${auth_path}?${new URLSearchParams({ callback, scope: "openid email" })}`;
  // The store answers with a redirect, or says what is wrong, which no page would show.
  const response = await fetch(url, { redirect: "manual" });
  if (response.type !== "opaqueredirect") return failLogin(response);
  location.assign(url);
};

/** Takes the tokens from the address if a login by OpenID has ended here. */
export const finishOpenIdLogin = async (): Promise<void> => {
  if (!location.hash.startsWith(OPENID_PAGE)) return;
  const [name = "", encoded = ""] = location.hash.slice(OPENID_PAGE.length).split("/");
  history.replaceState(null, "", "#/");
  const stored = sessionStorage.getItem(OPENID_KEY);
  sessionStorage.removeItem(OPENID_KEY);
  const started = stored === null ? undefined : (JSON.parse(stored) as { name: string; headerType: string });
  if (started?.name !== decodeURIComponent(name)) {
    loginNotice.value = "This login was not started here. Log in again.";
    return;
  }
  try {
    const tokens = JSON.parse(atob(decodeURIComponent(encoded))) as Readonly<Record<string, string | undefined>>;
    if (tokens.access_token === undefined) {
      loginNotice.value = tokens.error_description ?? tokens.error ?? "The login has failed.";
      return;
    }
    await logInByHeader(`${started.headerType} ${tokens.access_token}`);
  } catch (error) {
    loginNotice.value = error instanceof LoginError ? error.message : "The login has failed. Log in again.";
  }
};
