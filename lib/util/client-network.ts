import { isIPv6 } from "node:net";

/**
 * What requests of an address are counted under: an IPv4 address as it is, also one in IPv6, and the /64 network of an IPv6
 * address, since a client has one for itself.
 * @example
 * toClientNetwork("2001:db8::7"); // "2001:db8:0:0::/64"
 */
export const toClientNetwork = (address: string): string => {
  if (!isIPv6(address)) return address;
  const groups = toGroups(address);
  if (groups.slice(0, 5).some((group) => group !== "0") || groups[5] !== "ffff")
    return `${groups.slice(0, 4).join(":")}::/64`;
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join(".");
};

/** The eight groups of an IPv6 address, in lower case and without leading zeros. */
const toGroups = (address: string): readonly string[] => {
  const { hostname } = new URL(`http://[${address.split("%", 1)[0]}]/`);
  const [start = [], end = []] = hostname
    .slice(1, -1)
    .split("::")
    .map((part) => (part === "" ? [] : part.split(":")));
  return [...start, ...Array<string>(8 - start.length - end.length).fill("0"), ...end];
};
