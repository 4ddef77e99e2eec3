import { signal } from "@preact/signals";
import { authorize, dropSession, isLoggedIn, type OpenIdProvider, refreshSession } from "./session.ts";
import { API_URL } from "./urls.ts";

/** The answer of `GET /v1/`. */
export interface ServerInfo {
  readonly project_name: string;
  readonly project_version: string;
  readonly capabilities: Readonly<Record<string, unknown>> & {
    readonly openid?: { readonly providers: readonly OpenIdProvider[] };
  };
  readonly settings: { readonly readonly: boolean; readonly batch_max_requests: number | null };
  readonly user?: { readonly id: string; readonly principals?: readonly string[]; readonly bucket?: string };
}

/** What the store says about itself and the user; undefined until it is loaded. */
export const serverInfo = signal<ServerInfo | undefined>(undefined);
export const serverError = signal("");
/** Whether the user may see the pages for administrators; undefined until the store has said so. */
export const isAdministrator = signal<boolean | undefined>(undefined);

/** Asks for something that only administrators get. A store that does not answer is no refusal. */
const checkAdministrator = async (user: string): Promise<boolean> => {
  const path = `/__operations__/memberships?user=${encodeURIComponent(user)}`;
  const response = await fetch(`${API_URL}${path}`, {
    credentials: "omit",
    headers: { Accept: "application/json", ...authorize() },
  });
  return response.status !== 401 && response.status !== 403;
};

const fetchInfo = (): Promise<Response> =>
  fetch(`${API_URL}/`, {
    credentials: "omit",
    cache: "no-store",
    headers: { Accept: "application/json", ...authorize() },
  });

/** Loads {@link serverInfo}. Logs the user out if the credentials are not valid any more. */
export const loadServerInfo = async (): Promise<void> => {
  try {
    const load = async (): Promise<ServerInfo | undefined> => {
      const response = await fetchInfo();
      return response.ok ? ((await response.json()) as ServerInfo) : undefined;
    };
    let info = await load();
    if (isLoggedIn.value && info?.user === undefined && (await refreshSession())) info = await load();
    if (isLoggedIn.value && info?.user === undefined) {
      dropSession("Your session has ended. Log in again.");
      info = await load();
    }
    isAdministrator.value = info?.user === undefined ? undefined : await checkAdministrator(info.user.id);
    serverInfo.value = info;
    serverError.value = info === undefined ? "The store does not say what it offers. Load the page again." : "";
  } catch {
    serverError.value = "The store does not answer. Check that it runs, then load the page again.";
  }
};
