import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { FilterRequest } from "@kintoun/kit";
import type { Limit } from "./options.ts";

/**
 * Returns what a limit counts a request for: the key of a list of state. `null` if it has neither user nor address.
 * Ids of users have any length, so the key has their hash.
 */
export const identify = ({ name, per }: Limit, { user, address }: FilterRequest): string | null => {
  const counted = per === "user" && user !== null ? `user ${user}` : address && `address ${toNetwork(address)}`;
  return counted === null || counted === ""
    ? null
    : `${name}#${createHash("sha256").update(counted).digest("base64url")}`;
};

/** Returns an IPv4 address as it is, and the /64 network of an IPv6 address: a client has one for itself. */
export const toNetwork = (address: string): string => {
  if (!isIPv6(address)) return address;
  const [start = "", end] = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1).split("::");
  const [first, last] = [start, end].map((part) => (part === undefined || part === "" ? [] : part.split(":")));
  const groups = [
    ...(first ?? []),
    ...Array<string>(8 - (first ?? []).length - (last ?? []).length).fill("0"),
    ...(last ?? []),
  ];
  // IPv4 addresses in IPv6 are in one network.
  return groups.slice(0, 5).every((group) => group === "0") ? groups.join(":") : groups.slice(0, 4).join(":");
};
