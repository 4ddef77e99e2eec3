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

/** Converts kinto-emailer and the settings of its mail server to the plugin `email`. */
export const translateMail = (kintoSettings: Settings, key: string, add: AddFinding): readonly PluginCall[] => {
  const read = (setting: string) => kintoSettings.get(`mail.${setting}`)?.text;
  const { via, needsPassword, forcesTls } = toMailServer(
    {
      host: read("host"),
      port: read("port"),
      tls: isTrue(read("ssl") ?? ""),
      startTls: isTrue(read("tls") ?? ""),
      username: read("username"),
      password: read("password"),
    },
    "/kintoun/email/smtp-password",
  );
  const sender = read("default_sender") ?? "";
  const options = { from: sender === "" ? PLACEHOLDER_SENDER : sender, via, collectionHooks: true };
  const issue = findMailIssue(options);
  if (issue !== undefined) {
    add("action", key, `is not converted to email(): ${issue}`);
    return [];
  }
  if (sender === "") add("action", key, `has no mail.default_sender. Replace ${PLACEHOLDER_SENDER} in the config`);
  if (needsPassword) addPassword(add, "mail.password", "email");
  if (forcesTls) addForcedTls(add, key);
  add(
    "action",
    key,
    "became email(), which reads the hooks of collections and sends mail as one address only. Set its rootUrl and settings if templates use {root_url} or {settings[…]}, and its limits in docs/plugins/email.md#hooks-in-metadata",
  );
  return [{ call: "email", options }];
};
