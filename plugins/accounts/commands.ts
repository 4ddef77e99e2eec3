import { randomBytes, randomUUID } from "node:crypto";
import type { CommandCall } from "@kintoun/kit";
import * as z from "zod";
import { type Account, isAccountId, userOf } from "./accounts.ts";
import { newCredentials } from "./credentials.ts";
import { MAX_PASSWORD_CHARS } from "./login.ts";
import { emailSchema } from "./mails.ts";
import type { Options } from "./options.ts";
import type { Services } from "./services.ts";

const id = z.string().refine(isAccountId, {
  error: "must have 1 to 256 letters, digits and + . @ _ -, and begin with a letter or digit",
});
const password = z.string().min(1).max(MAX_PASSWORD_CHARS);

export const createFlags = z.strictObject({ id, password: password.optional(), email: emailSchema.optional() });
export const passwordFlags = z.strictObject({ id, password: password.optional() });
export const idFlags = z.strictObject({ id });
export const inviteFlags = z.strictObject({ id, ifAbsent: z.boolean().default(false) });

type Print = (line: string) => void;

/** Returns the given password, or prints and returns a random one. */
const choosePassword = (given: string | undefined, { minPasswordLength }: Options, print: Print): string => {
  if (given !== undefined) {
    if (given.length < minPasswordLength)
      throw new Error(`The password has ${given.length} characters; at least ${minPasswordLength} are needed.`);
    return given;
  }
  const generated = randomBytes(15).toString("base64url");
  print(`Password: ${generated}`);
  return generated;
};

export const createAccount = async (
  { id, password, email }: z.output<typeof createFlags>,
  print: Print,
  services: Services,
  config: Options,
): Promise<void> => {
  if ((await services.accounts.find(id)) !== undefined) throw new Error(`The account ${id} exists.`);
  const credentials = await newCredentials(choosePassword(password, config, print), {
    cost: config.scrypt,
    now: services.now(),
  });
  await services.accounts.create(id, credentials, { validated: true, ...(email !== undefined && { email }) });
  print(`Created ${userOf(id)}`);
};

const requireAccount = async (id: string, { accounts }: Services): Promise<Account> => {
  const account = await accounts.find(id);
  if (account === undefined) throw new Error(`There is no account ${id}. "kintoun accounts list" shows all.`);
  return account;
};

export const setPassword = async (
  { id, password }: z.output<typeof passwordFlags>,
  print: Print,
  services: Services,
  config: Options,
): Promise<void> => {
  const account = await requireAccount(id, services);
  const credentials = await newCredentials(
    choosePassword(password, config, print),
    { cost: config.scrypt, now: services.now() },
    account.credentials,
  );
  await services.accounts.update(account, { credentials });
  print(`Changed the password of ${userOf(id)} and ended its sessions`);
};

export const setDisabled = async (
  { id }: z.output<typeof idFlags>,
  isDisabled: boolean,
  print: Print,
  services: Services,
): Promise<void> => {
  const account = await requireAccount(id, services);
  await services.accounts.update(account, { credentials: { epoch: randomUUID() }, data: { disabled: isDisabled } });
  print(`${isDisabled ? "Disabled" : "Enabled"} ${userOf(id)}`);
};

/** Prints a link that sets the password of an account, once. */
export const invite = async (
  { flags: { id, ifAbsent }, print, url }: CommandCall<z.output<typeof inviteFlags>>,
  services: Services,
): Promise<void> => {
  if (ifAbsent && (await services.accounts.find(id)) !== undefined) return;
  const path = `/accounts/${encodeURIComponent(id)}/invitations/${await services.invitations.create(id)}`;
  print(`Set the password of ${userOf(id)} within a day: ${url ?? "the API's URL"}${path}`);
};

/** The flags of the invitation at the start: for the first administrator, until there is an account. */
export const inviteAdministrator = ({ writePrincipals }: Options): z.output<typeof inviteFlags> | undefined => {
  const id = writePrincipals.find((principal) => principal.startsWith(userOf("")))?.slice(userOf("").length);
  return id === undefined ? undefined : { id, ifAbsent: true };
};

/** A line for each account. */
export async function* listAccounts({ accounts }: Services): AsyncGenerator<string> {
  for await (const { id, disabled, validated, second_factor } of accounts.list()) {
    const marks = [
      ...(disabled === true ? ["disabled"] : []),
      ...(validated === false ? ["not validated"] : []),
      ...(second_factor === true ? ["second factor"] : []),
    ];
    yield [String(id), ...marks].join("  ");
  }
}
