import { randomUUID } from "node:crypto";
import { type JsonObject, type ObjectChange, refuse } from "@kintoun/kit";
import { accountOf, userOf } from "./accounts.ts";
import { hashSecret, newCredentials } from "./credentials.ts";
import { MAX_PASSWORD_CHARS } from "./login.ts";
import { addressOf } from "./mails.ts";
import type { Options } from "./options.ts";
import type { Services } from "./services.ts";

type Change = Extract<ObjectChange, { readonly action: "create" | "update" }>;

/** Fields that only administrators and the plugin change. */
const MANAGED = ["validated", "disabled", "second_factor"] as const;

/** Maximum number of hashes that are kept for requests that run again after a conflict. */
const MAX_KEPT = 100;

/** Checks a change of an account, and replaces its password by sealed credentials. */
export const createAccountHook = () => {
  /** By account and password: a hook that runs again must not hash again. */
  const hashed = new Map<string, ReturnType<typeof newCredentials>>();
  const hashOnce = (key: string, hash: () => ReturnType<typeof newCredentials>) => {
    const found = hashed.get(key) ?? hash();
    found.catch(() => hashed.delete(key));
    hashed.delete(key);
    hashed.set(key, found);
    const [oldest] = hashed.keys();
    if (hashed.size > MAX_KEPT && oldest !== undefined) hashed.delete(oldest);
    return found;
  };

  return async (change: Change, config: Options, services: Services): Promise<JsonObject | undefined> => {
    const { old, user_id } = change;
    const id = String(change.new.id);
    const present = old && (await services.sealer.open(id, old.password));
    const given = await services.sealer.open(id, change.new.password);
    const isChanged = old === undefined || change.new.password !== old.password;
    if (given !== undefined && isChanged) {
      // The plugin itself writes what it has sealed.
      if (old !== undefined && given.replaces !== hashSecret(String(old.password)))
        throw refuse(412, "The account was changed meanwhile. Try again.");
      return old === undefined ? startValidation(change.new, config, services) : undefined;
    }
    requireOwnPermissions(id, change.new_permissions);
    const isSelf = user_id === userOf(id);
    const isTrusted = !isSelf && user_id !== "system.Everyone" && (await isAdministrator(services, user_id));
    if (!isSelf && !isTrusted && accountOf(user_id) !== undefined) throw refuse(403);
    const data = isTrusted ? requireFlags(change.new) : keepManaged(change.new, old);
    if (!isChanged) {
      if (present === undefined || data.disabled !== true || old?.disabled === true) return data;
      // A new epoch ends the sessions, so that they do not go on when the account is enabled again.
      const ended = { ...present, epoch: randomUUID(), replaces: hashSecret(String(old?.password)) };
      return { ...data, password: await services.sealer.seal(id, ended) };
    }

    const password = requirePassword(data.password, config);
    const key = hashSecret(JSON.stringify([id, password, old?.password ?? null]));
    const credentials = await hashOnce(key, async () => {
      if (isSelf) await services.countNewPassword(id);
      return newCredentials(password, { cost: config.scrypt, now: services.now() }, present);
    });
    const sealed = { ...data, password: await services.sealer.seal(id, credentials) };
    return old === undefined && !isTrusted ? startValidation(sealed, config, services) : sealed;
  };
};

const isAdministrator = async ({ accounts }: Services, user: string): Promise<boolean> =>
  user.startsWith("plugin:") || accounts.isAdministrator(user);

/** Accounts cannot be shared: others could set their passwords. */
const requireOwnPermissions = (id: string, permissions: Readonly<Record<string, readonly string[]>>): void => {
  const others = Object.values(permissions)
    .flat()
    .filter((principal) => principal !== userOf(id));
  if (others.length > 0) throw refuse(400, `permissions in body: An account belongs to its user. Remove ${others[0]}`);
};

const requireFlags = (data: JsonObject): JsonObject => {
  for (const field of MANAGED)
    if (data[field] !== undefined && typeof data[field] !== "boolean")
      throw refuse(400, `data.${field} in body: must be true or false`);
  return data;
};

/** The new data with the stored values of the fields that users do not change. */
const keepManaged = (data: JsonObject, old: JsonObject | undefined): JsonObject => {
  const kept = { ...data };
  for (const field of MANAGED) {
    delete kept[field];
    const value = old?.[field];
    if (value !== undefined) kept[field] = value;
  }
  return kept;
};

const requirePassword = (password: unknown, { minPasswordLength }: Options): string => {
  const text = typeof password === "string" ? password : "";
  if (text.length < minPasswordLength)
    throw refuse(400, `data.password in body: must have at least ${minPasswordLength} characters`);
  if (text.length > MAX_PASSWORD_CHARS)
    throw refuse(400, `data.password in body: must have at most ${MAX_PASSWORD_CHARS} characters`);
  return text;
};

/** With validation by mail, a new account is not valid before its key was sent back. */
const startValidation = async (data: JsonObject, { mail }: Options, { queue }: Services): Promise<JsonObject> => {
  if (mail?.validation !== true || data.validated === true) return data;
  const id = String(data.id);
  if (addressOf({ id, data }) === undefined)
    throw refuse(400, "data.id in body: must be a mail address, or the field email must have one");
  await queue?.send([{ detail: { kind: "validation", account: id } }]);
  return { ...data, validated: false };
};
