import { UserError } from "../config/user-error.ts";
import { truncateText } from "../lib/util/truncate-text.ts";

/**
 * Returns the `Authorization` header of a user of a store. Creates the account if the store has accounts; elsewhere the
 * user is one of basicauth. Throws a {@link UserError} if the store lets no one register.
 *
 * @param url the URL of the API
 */
export const signUp = async (
  url: string,
  { id, password }: { readonly id: string; readonly password: string },
): Promise<string> => {
  const authorization = `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}`;
  const response = await fetch(`${url}/accounts/${encodeURIComponent(id)}`, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ data: { password } }),
  });
  if (response.ok || response.status === 404) return authorization;
  throw new UserError([
    `The account '${id}' could not be created at ${url}: ${response.status} ${truncateText(await response.text(), 300)}`,
    "Add --authorization with the header of a user who may create buckets.",
  ]);
};
