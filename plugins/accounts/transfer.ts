import { randomUUID } from "node:crypto";
import { type JsonObject, type PackedObject, type ReceivedObject, refuse, type TransferredObject } from "@kintoun/kit";
import * as z from "zod";
import { accountUri } from "./accounts.ts";
import { isKnownHash, NO_HASH } from "./hash.ts";
import type { Services } from "./services.ts";

/** What another store needs of credentials. Sessions do not move, so the epoch stays. */
const extra = z.strictObject({
  hash: z.string().refine(isKnownHash, "is not a hash of scrypt or bcrypt at a cost that can be checked"),
  created: z.number(),
  totp: z.string().exactOptional(),
  recovery: z.array(z.string()).exactOptional(),
});

const idOf = (uri: string): string => uri.slice(accountUri("").length);

/** Opens the credentials of an account, which only this store can. */
export const packAccount = async (
  { uri, data }: TransferredObject,
  { sealer }: Pick<Services, "sealer">,
): Promise<PackedObject> => {
  const { password, ...shown } = data;
  const credentials = await sealer.open(idOf(uri), password);
  if (credentials === undefined || credentials.hash === NO_HASH) return { data: shown };
  const { hash, created, totp, recovery } = credentials;
  return {
    data: shown,
    extra: { hash, created, ...(totp !== undefined && { totp }), ...(recovery !== undefined && { recovery }) },
  };
};

/** Seals credentials for this store. Without any, no password is right until it is reset. */
export const unpackAccount = async (
  { uri, data, extra: given }: ReceivedObject,
  { sealer, now }: Pick<Services, "sealer" | "now">,
): Promise<JsonObject> => {
  const parsed = extra.safeParse(given ?? { hash: NO_HASH, created: now() });
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => [...path, message].join(" "));
    throw refuse(400, `The password of ${uri} cannot be used: ${issues.join("; ")}.`);
  }
  const { password: _, ...shown } = data;
  const password = await sealer.seal(idOf(uri), { ...parsed.data, epoch: randomUUID(), replaces: null });
  return { ...shown, password };
};
