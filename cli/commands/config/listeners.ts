import { pluginVariable } from "../../../config/plugin-variables.ts";
import type { AddFinding } from "./findings.ts";
import { findMailIssue, splitAddresses, splitServer, toMailServer } from "./mail-options.ts";
import { isTrue, splitList } from "./setting-values.ts";
import { type PluginCall, type Settings, toPluginName } from "./settings-map.ts";

const RESOURCES = ["bucket", "collection", "group", "record"];
const ACTIONS = ["create", "update", "delete"];
/** The settings of a listener that sends mail, such as that of Kinto's tutorial on notifications. */
const MAIL_SETTINGS = ["server", "tls", "username", "password", "from", "recipients"];

/** Converts `event_listeners` and `event_listeners.NAME.*`. */
export const translateListeners = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  const names = splitList(kintoSettings.get("event_listeners")?.text);
  for (const [name, { key }] of kintoSettings) {
    const [, listener] = /^event_listeners\.([^.]+)\./.exec(name) ?? [];
    if (listener !== undefined && !names.includes(listener))
      add("info", key, "has no effect in Kinto either: kinto.event_listeners does not name the listener");
  }
  return names.flatMap((name) => translateListener(kintoSettings, name, add) ?? []);
};

const translateListener = (kintoSettings: Settings, name: string, add: AddFinding): PluginCall | undefined => {
  const prefix = `event_listeners.${name}.`;
  const settings = new Map(
    [...kintoSettings].flatMap(([key, { text }]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), text]] : [])),
  );
  const key = `kinto.event_listeners: ${name}`;
  const module = settings.get("use") ?? name;
  const { on, unknown } = readEvents(settings);
  if (unknown.length > 0)
    add("lost", key, `receives no events of ${unknown.join(", ")}, which listeners of Kintoun cannot receive`);
  const pluginName = toPluginName(name);
  if (pluginName === undefined) {
    add("action", key, "is not converted: its name has other characters than letters, digits and dashes. Rename it");
    return undefined;
  }
  const isMail = ["from", "recipients"].every((setting) => settings.has(setting));
  if (!isMail) {
    const plugin = toPluginName(module.split(".")[0] ?? "") ?? pluginName;
    add(
      "action",
      key,
      `is not converted: its Python module has no counterpart. Write it as a plugin with "kintoun plugins new ${plugin} --parts listener" ` +
        `(docs/guides/notifications.md), and list it with name: "${pluginName}" and its listener limited to on: ${JSON.stringify(on)}`,
    );
    return undefined;
  }
  const { via, needsPassword, forcesTls } = toMailServer(
    {
      ...splitServer(settings.get("server") ?? "localhost"),
      tls: false,
      startTls: isTrue(settings.get("tls") ?? ""),
      username: settings.get("username"),
      password: settings.get("password"),
    },
    `/kintoun/${pluginName}/smtp-password`,
  );
  const options = {
    name: pluginName,
    from: settings.get("from") ?? "",
    recipients: splitAddresses(settings.get("recipients") ?? ""),
    on,
    via,
  };
  const issue =
    on.length === 0
      ? "it receives none of the events that there are"
      : options.recipients.length === 0
        ? "it has no recipients"
        : findMailIssue(options);
  if (issue !== undefined) {
    add("action", key, `is not converted to email(): ${issue}`);
    return undefined;
  }
  add(
    "action",
    key,
    "became email(), because it has a sender and recipients. Its Python module was not read: compare the subject and the text of its mails",
  );
  const others = [...settings.keys()].filter(
    (setting) => ![...MAIL_SETTINGS, "use", "actions", "resources"].includes(setting),
  );
  if (others.length > 0) add("action", key, `has settings that email() has not: ${others.join(", ")}`);
  if (needsPassword) addPassword(add, key, pluginName);
  if (forcesTls) addForcedTls(add, key);
  return { call: "email", options };
};

/** The events of a listener, by Kinto's defaults: every change of every resource. */
const readEvents = (
  settings: ReadonlyMap<string, string>,
): { readonly on: readonly string[]; readonly unknown: readonly string[] } => {
  const read = (setting: string, all: readonly string[]) => {
    const words = splitList(settings.get(setting)).map((word) => word.toLowerCase());
    return { known: words.length === 0 ? all : all.filter((one) => words.includes(one)), words };
  };
  const [actions, resources] = [read("actions", ACTIONS), read("resources", RESOURCES)];
  return {
    on: resources.known.flatMap((resource) => actions.known.map((action) => `${resource}.${action}`)),
    unknown: [
      ...actions.words.filter((word) => !ACTIONS.includes(word)),
      ...resources.words.filter((word) => !RESOURCES.includes(word)),
    ],
  };
};

/** A finding about the password of a mail server. */
export const addPassword = (add: AddFinding, key: string, plugin: string): void =>
  add(
    "action",
    key,
    `has a password, which is a secret and not written to the config. Set the variable ${pluginVariable({ plugin, name: "smtp-password" })}, and in AWS the parameter that the config names`,
  );

/** A finding about a server that Kinto sent a password to without encryption. */
export const addForcedTls = (add: AddFinding, key: string): void =>
  add("action", key, "sends its password without encryption in Kinto. The config requires STARTTLS");
