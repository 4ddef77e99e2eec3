import dns from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { HttpRequestError } from "../../core/ports/http.ts";

/** Which servers may be contacted. */
export interface AddressPolicy {
  /** Whether connections to an IP address are allowed. */
  readonly isAllowed: (address: string) => boolean;
  /** Whether http without TLS is allowed. */
  readonly allowsHttp: boolean;
}

const MAX_URL_CHARS = 2000;

/** Returns the issue of a URL that can be found without a DNS lookup, or `undefined`. */
export const findUrlIssue = (text: string, { isAllowed, allowsHttp }: AddressPolicy): string | undefined => {
  if (text.length > MAX_URL_CHARS) return `The URL has ${text.length} characters; the maximum is ${MAX_URL_CHARS}.`;
  // The URL parser would drop some of these characters.
  if (/[^\x21-\x7e]/.test(text))
    return "The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return "It is not a URL. Use a URL such as https://example.org/path.";
  if (url.protocol !== "https:" && !(allowsHttp && url.protocol === "http:"))
    return `The URL must begin with ${allowsHttp ? "https:// or http://" : "https://"}.`;
  if (url.username !== "" || url.password !== "") return "The URL must not contain a user name or password.";
  if (text.includes("#")) return "The URL must not have a fragment (#…), because fragments are not sent to servers.";
  // Addresses and names of this machine are checked here, because they need no DNS lookup.
  const host = toSocketHost(url);
  const address = isIP(host) !== 0 ? host : /(^|\.)localhost\.?$/.test(host) ? "127.0.0.1" : undefined;
  return address === undefined || isAllowed(address) ? undefined : `The host ${url.hostname} is not public.`;
};

/** Returns the host as sockets expect it: a name, or an address without brackets. */
export const toSocketHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/** Resolves a host name to its addresses. */
export type ResolveHost = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export const resolveHost: ResolveHost = (host) => dns.promises.lookup(host, { all: true });

/**
 * Creates the lookup function of a socket, which rejects a name if any of its addresses is not allowed. The socket
 * connects to exactly the addresses that are checked here, so DNS rebinding cannot circumvent the check.
 */
export const createGuardedLookup =
  (resolve: ResolveHost, { isAllowed }: Pick<AddressPolicy, "isAllowed">): LookupFunction =>
  (host, { all }, callback) => {
    const lookup = async () => {
      const found = await resolve(host);
      const [first] = found;
      if (first === undefined || !found.every(({ address }) => isAllowed(address)))
        throw new HttpRequestError("refused", `The host ${host} is not public.`);
      if (all) callback(null, [...found]);
      else callback(null, first.address, first.family);
    };
    lookup().catch((error: NodeJS.ErrnoException) => callback(error, []));
  };
