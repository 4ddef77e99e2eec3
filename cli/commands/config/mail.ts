import type { AddFinding } from "./findings.ts";
import { addForcedTls, addPassword } from "./listeners.ts";
import { findMailIssue, toMailServer } from "./mail-options.ts";
import { isTrue } from "./setting-values.ts";
import type { PluginCall, Settings } from "./settings-map.ts";

/** Settings of pyramid_mailer, by which kinto-emailer sends mail. */
const MAIL_SETTINGS = ["host", "port", "username", "password", "tls", "ssl", "default_sender"];

/** A sender that the operator must replace. */
const PLACEHOLDER_SENDER = "kintoun@example.org";

/** Whether a setting is one that {@link translateMail} converts. */
export const isMailSetting = (name: string): boolean => MAIL_SETTINGS.some((setting) => name === `mail.${setting}`);

type ReadServer = ReturnType<typeof toMailServer>;

const toServer = (kintoSettings: Settings, plugin: string): ReadServer => {
  const read = (setting: string) => kintoSettings.get(`mail.${setting}`)?.text;
  const values = {
    host: read("host"),
    port: read("port"),
    tls: isTrue(read("ssl") ?? ""),
    startTls: isTrue(read("tls") ?? ""),
    username: read("username"),
    password: read("password"),
  };
  return toMailServer(values, `/kintoun/${plugin}/smtp-password`);
};

const explainServer = (
  { needsPassword, forcesTls }: ReadServer,
  key: string,
  plugin: string,
  add: AddFinding,
): void => {
  if (needsPassword) addPassword(add, "mail.password", plugin);
  if (forcesTls) addForcedTls(add, key);
};

/** Reads the mail server of pyramid_mailer for another plugin that sends mail, and adds what the operator must know. */
export const readMailServer = (
  kintoSettings: Settings,
  key: string,
  plugin: string,
  add: AddFinding,
): ReadServer["via"] => {
  const server = toServer(kintoSettings, plugin);
  explainServer(server, key, plugin, add);
  return server.via;
};

/** Converts kinto-emailer and the settings of its mail server to the plugin `email`. */
export const translateMail = (kintoSettings: Settings, key: string, add: AddFinding): readonly PluginCall[] => {
  const server = toServer(kintoSettings, "email");
  const sender = kintoSettings.get("mail.default_sender")?.text ?? "";
  const options = { from: sender === "" ? PLACEHOLDER_SENDER : sender, via: server.via, collectionHooks: true };
  const issue = findMailIssue(options);
  if (issue !== undefined) {
    add("action", key, `is not converted to email(): ${issue}`);
    return [];
  }
  if (sender === "") add("action", key, `has no mail.default_sender. Replace ${PLACEHOLDER_SENDER} in the config`);
  explainServer(server, key, "email", add);
  add(
    "action",
    key,
    "became email(), which reads the hooks of collections and sends mail as one address only. Set its rootUrl and settings if templates use {root_url} or {settings[…]}, and its limits in docs/plugins/email.md#hooks-in-metadata",
  );
  return [{ call: "email", options }];
};
