import { truncateText } from "./util/truncate-text.ts";

/**
 * An email address with its display name, which may contain any visible text. Formatters must quote or encode it.
 * @example
 * const address: MailAddress = { name: "Ada Lovelace", address: "ada@example.org" };
 */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** Maximum lengths in characters. Those of `local` and `address` are from RFC 5321. Longer names are cut. */
const MAX_CHARS = { name: 100, local: 64, address: 254, text: 20_000 };

/**
 * The dot-atom of RFC 5322: ASCII only, without quoted local parts and comments. `%` and `!` are refused too: mail
 * servers such as Postfix relay `ada%example.com@example.org` to example.com, which would evade the allowed domains.
 */
const LOCAL = /^[\w#$&'*+/=?^`{|}~-]+(?:\.[\w#$&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * Parses one address. Returns `undefined` for any other text. A name never makes an address invalid: it is cleaned and
 * cut. Runs in linear time.
 *
 * @example
 * parseMailAddress("Ada Lovelace <ada@example.org>"); // { name: "Ada Lovelace", address: "ada@example.org" }
 */
export const parseMailAddress = (text: string): MailAddress | undefined => {
  if (text.length > MAX_CHARS.text) return undefined;
  const trimmed = text.trim();
  const start = trimmed.endsWith(">") ? trimmed.lastIndexOf("<") : -1;
  if (start === -1) return isAddress(trimmed) ? { name: "", address: trimmed } : undefined;
  const address = trimmed.slice(start + 1, -1);
  const name = trimmed.slice(0, start).trim();
  if (!isAddress(address)) return undefined;
  if (/^"(?:[^"\\]|\\.)*"$/s.test(name))
    return { name: toDisplayName(name.slice(1, -1).replace(/\\(.)/gs, "$1")), address };
  // Two addresses in one text are a mistake, not a name.
  return /<[^<>]*>/.test(name) ? undefined : { name: toDisplayName(name), address };
};

/**
 * Formats an address so that {@link parseMailAddress} returns it again.
 * @example
 * formatMailAddress({ name: 'Dwayne "The Rock" Johnson', address: "d@example.org" });
 * // '"Dwayne \\"The Rock\\" Johnson" <d@example.org>'
 */
export const formatMailAddress = ({ name, address }: MailAddress): string => {
  if (name === "") return address;
  return /^[\p{L}\p{M}\p{N} ]+$/u.test(name)
    ? `${name} <${address}>`
    : `"${name.replace(/["\\]/g, "\\$&")}" <${address}>`;
};

/** Overrides of the text direction, and marks of annotations: a name with them could look like another one. */
const MISLEADING = /[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/g;

/**
 * Cleans a text for use as a display name: one line, without overrides of the text direction, at most 100 characters.
 * Joiners, which scripts and emoji need, stay.
 * @example
 * toDisplayName("Ada\\nLovelace"); // "Ada Lovelace"
 */
export const toDisplayName = (text: string): string => {
  const line = text
    .slice(0, MAX_CHARS.text)
    .replace(MISLEADING, "")
    .replace(/\p{Cs}/gu, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  return truncateText(line, MAX_CHARS.name).trim();
};

const isAddress = (address: string): boolean => {
  const at = address.lastIndexOf("@");
  return (
    at <= MAX_CHARS.local &&
    address.length <= MAX_CHARS.address &&
    LOCAL.test(address.slice(0, Math.max(at, 0))) &&
    DOMAIN.test(address.slice(at + 1))
  );
};

/**
 * Returns the domain of an address in lower case.
 * @example
 * domainOf({ name: "", address: "ada@Example.org" }); // "example.org"
 */
export const domainOf = ({ address }: MailAddress): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
