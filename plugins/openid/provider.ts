import { InvalidTokenError } from "./errors.ts";
import { type ProviderOptions, userIdFieldOf } from "./options.ts";
import type { Claims, Protocol, ProtocolContext } from "./protocol.ts";

const MAX_USER_ID_CHARS = 500;

/** A configured provider. */
export interface Provider {
  /** The prefix of its users' ids. */
  readonly name: string;
  readonly options: ProviderOptions;
  readonly load: () => Promise<Protocol>;
}

export const createProvider = (name: string, context: ProtocolContext): Provider => {
  let loading: Promise<Protocol> | undefined;
  return {
    name,
    options: context.options,
    load: () => {
      loading ??= import("./protocol.ts").then(({ createProtocol }) => createProtocol(context));
      return loading;
    },
  };
};

/** Whether a verified JWT is meant for this store: for one of its audiences, or for its client if it names none. */
export const isForStore = ({ clientId, audience = [clientId] }: ProviderOptions, claims: Claims): boolean => {
  const { aud } = claims;
  // Access tokens of Amazon Cognito have no audience.
  if (aud === undefined) return claims.client_id === clientId;
  return [aud].flat().some((one) => typeof one === "string" && audience.includes(one));
};

/** Returns the user's id in claims, or `undefined` if they have none. Throws an InvalidTokenError if it proves no user. */
export const userIdIn = (options: ProviderOptions, claims: Claims): string | undefined => {
  const field = userIdFieldOf(options);
  const value = Object.hasOwn(claims, field) ? claims[field] : undefined;
  if (value === undefined || value === null) return undefined;
  if (field === "email" && options.issuer !== undefined && claims.email_verified !== true)
    throw new InvalidTokenError("The provider has not verified the user's address. Verify it there, and log in again.");
  const id = typeof value === "number" ? String(value) : value;
  if (typeof id !== "string" || id === "" || id.length > MAX_USER_ID_CHARS || !id.isWellFormed())
    throw new InvalidTokenError(`The field ${field} of the provider's information is not a user id.`);
  return id;
};
