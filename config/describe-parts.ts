import type { ResolvedCollectionFilter } from "../kit/event-filter.ts";
import type { PluginNeed } from "../kit/need.ts";
import { INDEXING_PART } from "../kit/parts/indexes.ts";
import type { VersionsManifest } from "../kit/parts/versions.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { pluginVariable } from "./plugin-variables.ts";

/** A part or a need of a plugin, as `kintoun plugins` shows it. */
export interface PartReport {
  readonly kind: string;
  readonly name: string;
  readonly description: string;
}

/** Describes the parts of a plugin, then its needs. */
export const describeParts = (plugin: PluginManifest): readonly PartReport[] =>
  Object.entries(DESCRIPTIONS).flatMap(([kind, read]) =>
    Object.entries(read(plugin)).map(([name, description]) => ({ kind, name, description })),
  );

/** For each kind of part and need: returns the descriptions by name. */
const DESCRIPTIONS: Readonly<Record<string, (plugin: PluginManifest) => Readonly<Record<string, string>>>> = {
  authentication: ({ authentication }) =>
    authentication === undefined
      ? {}
      : {
          [authentication.schemes?.join(", ") ?? "every request"]:
            `401 responses have the challenge ${authentication.challenge}`,
        },
  "user info": ({ userInfo, capability }) => (userInfo ? { [capability]: "adds user data to GET /v1/" } : {}),
  resource: ({ resources }) =>
    map(
      resources,
      ({ about, parent }) => `${about} ${parent === undefined ? "At the top level" : `In each ${parent}`}.`,
    ),
  "hook before": ({ hooks }) => map(hooks.before, describeFilter),
  "hook after": ({ hooks }) => map(hooks.after, describeFilter),
  "hook read": ({ hooks }) => map(hooks.read, describeFilter),
  "hook at": ({ hooks }) => map(hooks.at, ({ point, ...places }) => `${point}${formatPlaces(places)}`),
  listener: ({ listeners }) => map(listeners, describeFilter),
  inbound: ({ inbound }) => map(inbound, ({ about, from }) => `${about} ${describeSource(from)}`),
  route: ({ routes }) =>
    Object.fromEntries(
      routes.map(({ methods, path, about, isRewrite }) => [
        `${formatMethods(methods)} ${path}`,
        isRewrite ? `${about} Rewrites the path.` : about,
      ]),
    ),
  pages: ({ pages }) => Object.fromEntries(pages.map(({ path, about }) => [path, about])),
  renderer: ({ renderers }) => map(renderers, ({ types, about }) => `${types.join(", ")}: ${about}`),
  filter: ({ filters }) =>
    map(filters, ({ about, paths }) => `${about} ${paths === undefined ? "On all paths." : `On ${paths.join(", ")}.`}`),
  action: ({ actions }) =>
    map(actions, ({ about, on, ...places }) => `${about} On ${on.join(", ")}${formatPlaces(places)}.`),
  schedule: ({ schedules }) => map(schedules, ({ about, cron }) => `${cron ?? "never"}: ${about}`),
  command: ({ commands }) => map(commands, ({ about }) => about),
  versions: ({ versions }) =>
    versions === undefined
      ? {}
      : {
          "objects in buckets": `Keeps what each change makes${formatPlaces(versions)}${formatExcluded(versions)}.`,
        },
  index: ({ indexes }) =>
    map(indexes, ({ about, type, ...places }) =>
      type === undefined ? `${about} Records${formatPlaces(places)}.` : `${about} A type: the records of ${type.of}.`,
    ),
  publisher: ({ publishers }) =>
    map(
      publishers,
      ({ about, from, where }) =>
        `${about} From ${from?.join(", ") ?? "all listeners"}${where ? `, if they match ${JSON.stringify(where)}` : ""}.`,
    ),
  "hook point": ({ hookPoints }) =>
    Object.fromEntries(hookPoints.map(({ name, about, veto }) => [name, `${about}${veto ? " May be vetoed." : ""}`])),
  interface: ({ interfaces }) =>
    Object.fromEntries(
      interfaces.map(({ name, singleton }) => [name, singleton ? "for one other plugin" : "for other plugins"]),
    ),
  // `indexes` are listed as such.
  implements: ({ implementations: { [INDEXING_PART]: _, ...own } }) =>
    map(own, (implementation) => `the interface ${implementation.interface.name}`),
  requires: ({ requires }) => Object.fromEntries(requires.map((name) => [name, "the plugin"])),
  needs: ({ needs }) => map(needs, describeNeed),
};

const formatExcluded = ({ excludedObjects, excludedUsers }: VersionsManifest): string => {
  const excluded = [...excludedObjects, ...excludedUsers];
  return excluded.length === 0 ? "" : `, except ${excluded.join(", ")}`;
};

const describeSource = (from: PluginManifest["inbound"][string]["from"]): string => {
  if (from === undefined) return "Messages sent to its queue.";
  return from.kind === "events"
    ? `Events that match ${JSON.stringify(from.pattern)} on the bus ${from.bus}.`
    : `Messages sent to its queue, in AWS also from ${from.from.join(", ")}.`;
};

/** Methods as in the definition: GET includes HEAD. */
const formatMethods = (methods: readonly string[]): string =>
  methods.length === METHOD_COUNT
    ? "ANY"
    : methods.filter((method) => method !== "HEAD" || !methods.includes("GET")).join(",");
const METHOD_COUNT = 6;

const describeNeed = (need: PluginNeed): string => {
  switch (need.kind) {
    case "bus":
      return `the bus ${need.name}, to send events`;
    case "file":
      return `the file ${need.path}, to append to`;
    case "files":
      return need.deleteScope === undefined
        ? "its own files, to read, write and delete"
        : "its own files, to read and write; only its own workers delete";
    case "topic":
      return `the topic ${need.arn}, to send messages`;
    case "mail":
      return `mail from ${need.from} via ${need.via === "ses" ? "ses" : `smtp ${need.via.host}:${need.via.port}`}`;
    case "search":
      return `search, ${need.domain === undefined ? "embedded" : `in the OpenSearch domain ${need.domain}`}`;
    case "store-secret":
      return `the store's secret ${need.name}`;
    case "secret":
      return `a secret of its own, ${need.name}`;
    case "parameter":
      return `a secret from the parameter ${need.parameter}`;
    case "variable":
      return `the variable ${pluginVariable(need)}`;
    case "data":
      return `objects, as plugin:${need.plugin}: ${
        Object.entries(need.permissions)
          .filter(([, uris]) => uris.length > 0)
          .map(([permission, uris]) => `${permission} on ${uris.join(", ")}`)
          .join("; ") || "none with the present options"
      }${need.principals === true ? "; and to find what names any user" : ""}`;
    case "index":
      return `the objects of its type ${need.type}, to change them in ${need.of}`;
    case "state":
      return "its own state";
    case "queue":
      return `its own queue ${need.plugin}-${need.part}, to send messages`;
    case "action":
      return `the action ${need.action.name} of ${need.action.plugin ?? need.plugin}, to start it`;
    case "http":
      return need.private
        ? "HTTP requests to any server, also private ones and without TLS"
        : "HTTPS requests to public servers";
    case "versions":
      return "the versions of all objects, and to change objects for users who may change them";
    case "inspection":
      return "the configuration, and the permissions of all users on all objects";
    case "operations":
      return "requests, events, queues and dead letters of the whole store, to redrive and replay them";
    case "flush":
      return "to remove all objects";
  }
};

const describeFilter = ({
  on,
  ...places
}: { readonly on: readonly string[] } & Partial<ResolvedCollectionFilter>): string =>
  `${on.join(", ")}${formatPlaces(places)}`;

const formatPlaces = ({ buckets, collections }: Partial<ResolvedCollectionFilter>): string =>
  [buckets && ` in the buckets ${buckets.join(", ")}`, collections && ` in the collections ${collections.join(", ")}`]
    .filter(Boolean)
    .join("");

const map = <Part>(parts: Readonly<Record<string, Part>>, describe: (part: Part) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, describe(part)]));
