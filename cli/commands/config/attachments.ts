import type { AddFinding } from "./findings.ts";
import { isTrue, splitList } from "./setting-values.ts";
import { type PluginCall, readModules, type Settings } from "./settings-map.ts";

const MODULE = "kinto_attachment";
const PREFIX = "attachment.";

/** Options by the setting of kinto-attachment. */
const OPTIONS: Readonly<Record<string, string>> = {
  base_url: "baseUrl",
  "extra.base_url": "extraBaseUrl",
  folder: "folder",
  randomize: "randomize",
  keep_old_files: "keepOldFiles",
  gzipped: "gzipped",
  extensions: "extensions",
  mimetypes: "mimetypes",
  max_size_bytes: "maxBytes",
};
/** Those that buckets and collections may have. */
const OWN = ["folder", "randomize", "keep_old_files", "gzipped", "extensions", "mimetypes", "max_size_bytes"];
const STORAGE = /^(base_path|aws\.|gcloud\.|name$|use_path_style$)/;

/** Whether a setting is one that {@link translateAttachments} converts, or explains. */
export const isAttachmentSetting = (name: string, modules: readonly string[]): boolean =>
  name.startsWith(PREFIX) && modules.includes(MODULE);

/** Converts kinto-attachment. */
export const translateAttachments = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  if (!readModules(kintoSettings).includes(MODULE)) return [];
  const options: Record<string, unknown> = {};
  const resources: Record<string, Record<string, unknown>> = {};
  for (const [setting, { key, text }] of kintoSettings) {
    if (!setting.startsWith(PREFIX)) continue;
    const name = setting.slice(PREFIX.length);
    const [, place, own = ""] = /^resources\.([\w-]+(?:\.[\w-]+)?)\.(\w+)$/.exec(name) ?? [];
    const read = place === undefined ? name : own;
    const isKnown = place === undefined ? Object.hasOwn(OPTIONS, name) : OWN.includes(own);
    const value = isKnown ? readValue(read, text) : undefined;
    if (STORAGE.test(name)) add("info", key, "is not applicable: files are in the bucket that the stack creates");
    else if (!isKnown) add("lost", key, "has no counterpart in attachments()");
    else if (value === undefined) add("lost", key, "is left out: its value is not valid");
    else if (place === undefined) options[OPTIONS[read] ?? ""] = value;
    else {
      const id = place.replace(".", "/");
      resources[id] = { ...resources[id], [OPTIONS[read] ?? ""]: value };
    }
  }
  if (options.baseUrl !== undefined)
    add(
      "action",
      `kinto.${PREFIX}base_url`,
      "is baseUrl of attachments(): everyone who has the URL can read a file, without permissions. See docs/plugins/attachments.md#public-files, or leave it out",
    );
  add(
    "action",
    `kinto.includes: ${MODULE}`,
    "is attachments() in Kintoun. Files are not copied: upload those of Kinto's storage again",
  );
  const all = { ...options, ...(Object.keys(resources).length > 0 && { resources }) };
  return [{ call: "attachments", ...(Object.keys(all).length > 0 && { options: all }) }];
};

/** The value of an option; `undefined` if attachments() would not accept it. */
const readValue = (name: string, text: string): unknown => {
  switch (name) {
    case "randomize":
    case "keep_old_files":
    case "gzipped":
      return isTrue(text);
    case "max_size_bytes":
      return Number.isSafeInteger(Number(text)) && Number(text) > 0 ? Number(text) : undefined;
    case "mimetypes":
      return readTypes(text);
    case "extensions":
      return splitList(text).join("+").toLowerCase();
    case "folder":
      return text.replace(/^\/+|\/+$/g, "");
    case "base_url":
      return text === "" ? undefined : `${text.replace(/\/+$/, "")}/`;
    default:
      return URL.canParse(text) ? text : undefined;
  }
};

/** Reads `.ftl:application/vnd.fluent`. */
const readTypes = (text: string): Readonly<Record<string, string>> | undefined => {
  const pairs = splitList(text.replaceAll(",", " ")).map((word) => word.split(":", 2));
  return pairs.every(([extension, type]) => /^\.[a-z0-9]+$/.test(extension ?? "") && type?.includes("/"))
    ? Object.fromEntries(pairs)
    : undefined;
};
