/**
 * An email address with its display name.
 * @example
 * const address: MailAddress = { name: "Ada Lovelace", address: "ada@example.org" };
 */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** Maximum lengths in characters. Those of `local` and `address` are from RFC 5321. */
const MAX_CHARS = { name: 100, local: 64, address: 254 };

/**
 * The dot-atom of RFC 5322: ASCII only, without quoted local parts and comments. `%` and `!` are refused too: mail
 * servers such as Postfix relay `ada%example.com@example.org` to example.com, which would evade the allowed domains.
 */
const LOCAL = /^[\w#$&'*+/=?^`{|}~-]+(?:\.[\w#$&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * Parses one address. Returns `undefined` for any other text. Runs in linear time.
 *
 * @example
 * parseMailAddress("Ada Lovelace <ada@example.org>"); // { name: "Ada Lovelace", address: "ada@example.org" }
 */
export const parseMailAddress = (text: string): MailAddress | undefined => {
  if (text.length > MAX_CHARS.name + MAX_CHARS.address + 10) return undefined;
  const named = /^([^<>]*)<([^<>]*)>$/.exec(text.trim());
  const address = named === null ? text.trim() : (named[2] ?? "");
  const name = (named?.[1] ?? "").trim().replace(/^"([^"\\]*)"$/, "$1");
  return isAddress(address) && isName(name) ? { name, address } : undefined;
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

/** Display names must not contain control characters or quotes. */
const isName = (name: string): boolean =>
  name.length <= MAX_CHARS.name && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/u.test(name);

/**
 * Returns the domain of an address in lower case.
 * @example
 * domainOf({ name: "", address: "ada@Example.org" }); // "example.org"
 */
export const domainOf = ({ address }: MailAddress): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
