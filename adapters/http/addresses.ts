import { BlockList, isIPv4, isIPv6 } from "node:net";

const listOf = (family: "ipv4" | "ipv6", ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = "", bits] = range.split("/");
    list.addSubnet(net, Number(bits), family);
  }
  return list;
};

/** https://www.iana.org/assignments/iana-ipv4-special-registry: all of it, with multicast and what is reserved. */
const NOT_PUBLIC_RANGES_4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];
const NOT_PUBLIC_4 = listOf("ipv4", NOT_PUBLIC_RANGES_4);

/**
 * What translators hand on to the IPv4 address in its last 32 bits, so that networks with IPv6 alone reach those who have IPv4 alone:
 * https://www.rfc-editor.org/rfc/rfc6052#section-2.1. Of other prefixes (https://www.rfc-editor.org/rfc/rfc8215) nobody outside knows what they stand for.
 */
const NAT64 = "64:ff9b::";
const TRANSLATED = listOf("ipv6", [`${NAT64}/96`]);
const TRANSLATED_NOT_PUBLIC = listOf(
  "ipv6",
  NOT_PUBLIC_RANGES_4.map((range) => {
    const [net, bits] = range.split("/");
    return `${NAT64}${net}/${96 + Number(bits)}`;
  }),
);

/** What is handed out to anybody at all; loopback, link-local, mapped (`::ffff:…`), unique local and multicast addresses are outside. */
const UNICAST_6 = listOf("ipv6", ["2000::/3"]);

/** Within that, what stands for IPv4 addresses (Teredo, 6to4), or for nobody: https://www.iana.org/assignments/iana-ipv6-special-registry. */
const NOT_PUBLIC_6 = listOf("ipv6", ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]);

/** Whether an address is one of the public internet. @param address as DNS or a URL's host tells it, without brackets */
export const isPublic = (address: string): boolean => {
  if (isIPv4(address)) return !NOT_PUBLIC_4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  if (TRANSLATED.check(address, "ipv6")) return !TRANSLATED_NOT_PUBLIC.check(address, "ipv6");
  return UNICAST_6.check(address, "ipv6") && !NOT_PUBLIC_6.check(address, "ipv6");
};
