import { parseMailAddress } from "../../../lib/mail-address.ts";
import type { AddFinding } from "./findings.ts";
import { readMailServer } from "./mail.ts";
import { findMailIssue } from "./mail-options.ts";
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
const REGEXP = "account_validation.email_regexp";
const PLACEHOLDER_SENDER = "kintoun@example.org";
/** Templates of mails by their setting. */
const TEMPLATES: Readonly<Record<string, readonly [mail: "validation" | "confirmation" | "reset", part: string]>> = {
  "account_validation.email_subject_template": ["validation", "subject"],
  "account_validation.email_body_template": ["validation", "text"],
  "account_validation.email_confirmation_subject_template": ["confirmation", "subject"],
  "account_validation.email_confirmation_body_template": ["confirmation", "text"],
  "account_validation.email_reset_password_subject_template": ["reset", "subject"],
  "account_validation.email_reset_password_body_template": ["reset", "text"],
};

/** Whether the options of `accounts()` are made of a setting. */
export const isAccountSetting = (name: string): boolean =>
  Object.hasOwn(OPTIONS, name) || Object.hasOwn(TEMPLATES, name) || [VALIDATION, SENDER, REGEXP].includes(name);

/** Whether accounts have sent mails, with the settings of pyramid_mailer. */
export const sendsAccountMails = (kintoSettings: Settings): boolean =>
  isTrue(kintoSettings.get(VALIDATION)?.text ?? "false");

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
  const regexp = kintoSettings.get(REGEXP);
  if (regexp !== undefined) add("lost", regexp.key, "has no counterpart in accounts(), which accepts all addresses");
  return sendsAccountMails(kintoSettings) ? { ...options, mail: toMail(kintoSettings, add) } : options;
};

const toMail = (kintoSettings: Settings, add: AddFinding): object => {
  const templates = readTemplates(kintoSettings, add);
  const from = readSender(kintoSettings.get(SENDER)?.text, add);
  const via = kintoSettings.has("mail.host") ? readMailServer(kintoSettings, VALIDATION, "accounts", add) : undefined;
  const issue = via && findMailIssue({ from, via });
  if (issue !== undefined) add("action", "mail.host", `is left out of accounts(): ${issue}`);
  return {
    from,
    ...(issue === undefined && via !== undefined && { via }),
    validation: true,
    ...(Object.keys(templates).length > 0 && { templates }),
  };
};

const readTemplates = (kintoSettings: Settings, add: AddFinding): Readonly<Record<string, Record<string, string>>> => {
  const templates: Record<string, Record<string, string>> = {};
  for (const [name, [mail, part]] of Object.entries(TEMPLATES)) {
    const setting = kintoSettings.get(name);
    if (setting === undefined || setting.text === "") continue;
    const text = setting.text.replaceAll("{activation-key}", "{key}").replaceAll("{reset-password}", "{password}");
    templates[mail] = { ...templates[mail], [part]: text };
    const [unknown] = [...text.matchAll(/\{([^{}]+)\}/g)].filter(([, one = ""]) => !VALUES.includes(one));
    if (unknown !== undefined)
      add("action", setting.key, `has ${unknown[0]}, which is empty in mails of accounts(): there is no email-context`);
  }
  return templates;
};

/** Values of templates that both have. */
const VALUES = ["id", "key", "password"];

const readSender = (text: string | undefined, add: AddFinding): string => {
  if (text !== undefined && parseMailAddress(text) !== undefined) return text;
  add("action", `kinto.${SENDER}`, `is not one mail address. Replace ${PLACEHOLDER_SENDER} in the config`);
  return PLACEHOLDER_SENDER;
};
