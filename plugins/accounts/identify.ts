import { type AuthenticationRequest, type Identity, refuse } from "@kintoun/kit";
import { accountUri, POLICY } from "./accounts.ts";
import { toSecret } from "./proof-cache.ts";
import type { Services } from "./services.ts";
import { isAccessToken } from "./sessions.ts";

/** Identifies the user of a request by a password (basic) or by the access token of a session (bearer). */
export const identify = async (
  { scheme, credentials, address }: AuthenticationRequest,
  services: Services,
): Promise<Identity | null> => {
  if (scheme === "bearer") return isAccessToken(credentials) ? identifyByToken(credentials, services) : null;
  const pair = decodeCredentials(credentials);
  return pair === undefined ? null : identifyByPassword(pair, address, services);
};

const identifyByToken = async (token: string, { proven, sessions }: Services): Promise<Identity | null> => {
  const known = proven.get(token);
  if (known !== undefined) return { id: known.id, policy: POLICY };
  const id = await sessions.identify(token);
  if (id === undefined) return null;
  proven.add(token, { id, isComplete: true });
  return { id, policy: POLICY };
};

const identifyByPassword = async (
  { id, password }: { readonly id: string; readonly password: string },
  address: string | null,
  { proven, login }: Services,
): Promise<Identity | null> => {
  if (proven.get(toSecret(id, password))?.isComplete) return { id, policy: POLICY };
  const proof = await login.checkPassword({ id, address }, password);
  if (proof === undefined) return null;
  if (proof.isTemporary) return { id, policy: POLICY, scope: { write: [accountUri(id)] } };
  if (proof.account.credentials.totp !== undefined)
    throw refuse(401, `The account needs a one-time code. Log in by POST /accounts/${id}/sessions.`);
  return { id, policy: POLICY };
};

/**
 * Throws a 403 for a temporary password, which changes an account and does not delete it: the next user of its id
 * would have its permissions without its second factor.
 */
export const refuseTemporaryPassword = async (
  authorization: string | undefined,
  { login }: Pick<Services, "login">,
): Promise<void> => {
  const pair = decodeCredentials(/^basic +(\S+)$/i.exec(authorization?.trim() ?? "")?.[1] ?? "");
  if (pair !== undefined && (await login.isTemporary(pair.id, pair.password)))
    throw refuse(403, `The password is temporary. Set a new one first, by PATCH ${accountUri(pair.id)}.`);
};

/** Decodes `user:password`; `undefined` if the header contains none. */
const decodeCredentials = (credentials: string): { readonly id: string; readonly password: string } | undefined => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(credentials)) return undefined;
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon > 0 ? { id: text.slice(0, colon), password: text.slice(colon + 1) } : undefined;
};
