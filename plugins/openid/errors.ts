import { refuse } from "@kintoun/kit";

/** The provider does not respond, or not as it should. Nothing is known about the token. */
export class ProviderUnavailableError extends Error {
  override readonly name = "ProviderUnavailableError";
}

/** The provider does not accept the token, or it proves no user. The message is for the client. */
export class InvalidTokenError extends Error {
  override readonly name = "InvalidTokenError";
}

/** Seconds after which a provider that failed is asked again. */
export const RETRY_SECONDS = 5;

/** Libraries wrap what a request throws. */
const MAX_CAUSES = 5;

/** Whether an error comes of a provider that is not available. */
export const isUnavailable = (error: unknown): boolean => {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (cause instanceof ProviderUnavailableError) return true;
    ({ cause } = cause);
  }
  return false;
};

/**
 * Converts an error to one for the client. A provider that is down is a 503, not a 401: clients would log their users out.
 */
export const toRefusal = (error: unknown, { provider, scheme }: { provider: string; scheme: string }): unknown => {
  if (error instanceof InvalidTokenError)
    return refuse(401, error.message, {
      headers: { "WWW-Authenticate": `${scheme} realm="Kintoun", error="invalid_token"` },
    });
  if (isUnavailable(error))
    return refuse(503, `The identity provider '${provider}' does not respond. Send the request again later.`);
  return error;
};
