import { createHash } from "node:crypto";
import { type FilterRequest, toClientNetwork } from "@kintoun/kit";
import type { Limit } from "./options.ts";

/**
 * Returns what a limit counts a request for: the key of a list of state. `null` if it has neither user nor address.
 * Ids of users have any length, so the key has their hash.
 */
export const identify = ({ name, per }: Limit, { user, address }: FilterRequest): string | null => {
  const counted = per === "user" && user !== null ? `user ${user}` : address && `address ${toClientNetwork(address)}`;
  return counted === null || counted === ""
    ? null
    : `${name}#${createHash("sha256").update(counted).digest("base64url")}`;
};
