import { BlockList, isIPv4, isIPv6 } from "node:net";

const createBlockList = (family: "ipv4" | "ipv6", ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = "", bits] = range.split("/");
    list.addSubnet(net, Number(bits), family);
  }
  return list;
};

/** All of https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast and reserved addresses. */
const NOT_PUBLIC_RANGES_V4 = [
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
const NOT_PUBLIC_V4 = createBlockList("ipv4", NOT_PUBLIC_RANGES_V4);

/**
 * NAT64 prefix: translators forward to the IPv4 address in the last 32 bits
 * (https://www.rfc-editor.org/rfc/rfc6052#section-2.1). Local prefixes (https://www.rfc-editor.org/rfc/rfc8215) are not
 * public, because their meaning depends on the network.
 */
const NAT64_PREFIX = "64:ff9b::";
const NAT64 = createBlockList("ipv6", [`${NAT64_PREFIX}/96`]);
const NAT64_NOT_PUBLIC = createBlockList(
  "ipv6",
  NOT_PUBLIC_RANGES_V4.map((range) => {
    const [net, bits] = range.split("/");
    return `${NAT64_PREFIX}${net}/${96 + Number(bits)}`;
  }),
);

/** Global unicast. Loopback, link-local, mapped (`::ffff:…`), unique local and multicast addresses are outside. */
const UNICAST_V6 = createBlockList("ipv6", ["2000::/3"]);

/**
 * Exceptions in global unicast: ranges that embed IPv4 addresses (Teredo, 6to4), and unassigned ones.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const NOT_PUBLIC_V6 = createBlockList("ipv6", [
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "2620:4f:8000::/48",
  "3fff::/20",
]);

/**
 * Whether an IP address belongs to the public internet.
 * @param address as in DNS or in a URL's host, without brackets
 */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !NOT_PUBLIC_V4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  if (NAT64.check(address, "ipv6")) return !NAT64_NOT_PUBLIC.check(address, "ipv6");
  return UNICAST_V6.check(address, "ipv6") && !NOT_PUBLIC_V6.check(address, "ipv6");
};
