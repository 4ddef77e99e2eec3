import { parseMailAddress } from "../../../lib/mail-address.ts";
import type { AddFinding } from "./findings.ts";
import { isTrue, splitList } from "./setting-values.ts";
import type { Settings } from "./settings-map.ts";

const CACHE = "account_cache_ttl_seconds";
const OPTIONS: Readonly<Record<string, string>> = {
  account_create_principals: "createPrincipals",
  account_write_principals: "writePrincipals",
  account_read_principals: "readPrincipals",
  [CACHE]: "cacheSeconds",
};
const MAX_CACHE_SECONDS = 300;
const VALIDATION = "account_validation";
const SENDER = "account_validation.email_sender";
const PLACEHOLDER_SENDER = "kintoun@example.org";

/** Whether the options of `accounts()` are made of a setting. */
export const isAccountSetting = (name: string): boolean =>
  Object.hasOwn(OPTIONS, name) || [VALIDATION, SENDER].includes(name);

/** The options of `accounts()`. Settings of versions up to 19 for mails are converted too. */
export const toAccountOptions = (kintoSettings: Settings, add: AddFinding): object => {
  add(
    "action",
    "multiauth.policy.account.use",
    "is accounts() in Kintoun. Passwords are not copied, since Kinto has other hashes: users set new ones, by mail or on a link",
  );
  const options: Record<string, unknown> = {};
  for (const [name, { key, text }] of kintoSettings) {
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (option === undefined) continue;
    const value = name === CACHE ? Number(text) : splitList(text);
    const isValid =
      name !== CACHE || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_CACHE_SECONDS);
    if (isValid) options[option] = value;
    if (isValid) add("info", key, `is ${option} of accounts()`);
    else add("lost", key, `is left out: it must be from 0 to ${MAX_CACHE_SECONDS}`);
  }
  const sender = kintoSettings.get(SENDER)?.text;
  return isTrue(kintoSettings.get(VALIDATION)?.text ?? "false")
    ? { ...options, mail: { from: readSender(sender, add), validation: true } }
    : options;
};

const readSender = (text: string | undefined, add: AddFinding): string => {
  if (text !== undefined && parseMailAddress(text) !== undefined) return text;
  add("action", `kinto.${SENDER}`, `is not one mail address. Replace ${PLACEHOLDER_SENDER} in the config`);
  return PLACEHOLDER_SENDER;
};
