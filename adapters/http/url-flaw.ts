import { isIP } from "node:net";

/** What may be reached. */
export interface Reach {
  /** Whether an address may be connected to. */
  readonly reaches: (address: string) => boolean;
  /** Whether http without TLS may be spoken. */
  readonly plain: boolean;
}

/** Characters of a URL. */
const LONGEST = 2000;

/** What is wrong with a URL as far as it tells by itself. */
export const urlFlaw = (text: string, { reaches, plain }: Reach): string | undefined => {
  if (text.length > LONGEST) return `The URL has ${text.length} characters, and ${LONGEST} are the most.`;
  // The parser would leave some of them out.
  if (/[^\x21-\x7e]/.test(text))
    return "The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return "It is no URL: https://example.org/path is one.";
  if (url.protocol !== "https:" && !(plain && url.protocol === "http:"))
    return `The URL must begin with ${plain ? "https:// or http://" : "https://"}.`;
  if (url.username !== "" || url.password !== "") return "The URL must not hold a user name or password.";
  if (text.includes("#")) return "The URL must not have a fragment (#…): servers are not told of it.";
  // No name server need be asked about an address, or about what stands for this machine.
  const host = hostOf(url);
  const known = isIP(host) !== 0 ? host : /(^|\.)localhost\.?$/.test(host) ? "127.0.0.1" : undefined;
  return known === undefined || reaches(known) ? undefined : `The host ${url.hostname} is not a public one.`;
};

/** Where to connect to, as the socket wants it: an address without brackets, or a name. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");
