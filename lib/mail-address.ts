/** Where a mail goes, and what is shown for it. */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** RFC 5321's limits, in characters. */
const LONGEST = { name: 100, local: 64, address: 254 };

/**
 * RFC 5322's dot-atom: no quoted local parts, no comments, ASCII alone. Nor `%` and `!`: to servers that trust us, Postfix among them, `ada%example.com@example.org`
 * is mail to example.com by way of example.org, whichever domains may be mailed.
 */
const LOCAL = /^[\w#$&'*+/=?^`{|}~-]+(?:\.[\w#$&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/** Reads `ada@example.org` or `Ada Lovelace <ada@example.org>`; `undefined` for what is not exactly one address. */
export const readAddress = (text: string): MailAddress | undefined => {
  if (text.length > LONGEST.name + LONGEST.address + 10) return undefined;
  const named = /^([^<>]*)<([^<>]*)>$/.exec(text.trim());
  const address = named === null ? text.trim() : (named[2] ?? "");
  const name = (named?.[1] ?? "").trim().replace(/^"([^"\\]*)"$/, "$1");
  return isAddress(address) && isName(name) ? { name, address } : undefined;
};

const isAddress = (address: string): boolean => {
  const at = address.lastIndexOf("@");
  return (
    at <= LONGEST.local &&
    address.length <= LONGEST.address &&
    LOCAL.test(address.slice(0, Math.max(at, 0))) &&
    DOMAIN.test(address.slice(at + 1))
  );
};

/** No control characters, no quotes: what is shown is what was said. */
const isName = (name: string): boolean =>
  name.length <= LONGEST.name && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/u.test(name);

/** In lower case: nobody's mail server tells `Ada` and `ada` apart. */
export const domainOf = ({ address }: MailAddress): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
