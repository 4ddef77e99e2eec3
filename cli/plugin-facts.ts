import { INDEXES } from "../kit/indexing.ts";
import type { OwnNeed } from "../kit/need.ts";
import type { ReadPlaces } from "../kit/places.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";

/** Something that a plugin brings, asks for or needs, as operators are told of it. */
export interface Fact {
  readonly kind: string;
  /** What the plugin calls it. */
  readonly name: string;
  readonly does: string;
}

/** What a plugin states of itself, its parts first, then what it needs. */
export const factsOf = (plugin: ReadPlugin): readonly Fact[] =>
  Object.entries(FACTS).flatMap(([kind, read]) =>
    Object.entries(read(plugin)).map(([name, does]) => ({ kind, name, does })),
  );

/** By kind: what there is of it, and what it does. */
const FACTS: Readonly<Record<string, (plugin: ReadPlugin) => Readonly<Record<string, string>>>> = {
  authentication: ({ authentication }) =>
    authentication === undefined ? {} : { [authentication.scheme]: `answered by 401 with ${authentication.challenge}` },
  "user info": ({ userInfo, capability }) => (userInfo ? { [capability]: "tells hello more of a user" } : {}),
  resource: ({ resources }) =>
    map(
      resources,
      ({ about, parent }) => `${about} ${parent === undefined ? "At the top level" : `In each ${parent}`}.`,
    ),
  "hook before": ({ hooks }) => map(hooks.before, heard),
  "hook after": ({ hooks }) => map(hooks.after, heard),
  "hook at": ({ hooks }) => map(hooks.at, ({ point }) => point),
  listener: ({ listeners }) => map(listeners, heard),
  inbound: ({ inbound }) =>
    map(
      inbound,
      ({ about, from }) =>
        `${about} ${from ? `Events like ${JSON.stringify(from.pattern)} on the bus ${from.bus}.` : "What is sent to its queue."}`,
    ),
  route: ({ routes }) =>
    Object.fromEntries(
      routes.map(({ methods, path, about, leads }) => [
        `${methodsOf(methods)} ${path}`,
        leads ? `${about} Leads to another path.` : about,
      ]),
    ),
  renderer: ({ renderers }) => map(renderers, ({ types, about }) => `${types.join(", ")}: ${about}`),
  filter: ({ filters }) =>
    map(filters, ({ about, paths }) => `${about} ${paths === undefined ? "On all paths." : `On ${paths.join(", ")}.`}`),
  action: ({ actions }) => map(actions, ({ about, on, ...places }) => `${about} On ${on.join(", ")}${within(places)}.`),
  schedule: ({ schedules }) => map(schedules, ({ about, cron }) => `${cron ?? "never"}: ${about}`),
  command: ({ commands }) => map(commands, ({ about }) => about),
  index: ({ indexes }) => map(indexes, ({ about, ...places }) => `${about} Records${within(places)}.`),
  publisher: ({ publishers }) =>
    map(
      publishers,
      ({ about, from, where }) =>
        `${about} From ${from?.join(", ") ?? "all listeners"}${where ? `, of what is like ${JSON.stringify(where)}` : ""}.`,
    ),
  "hook point": ({ hookPoints }) =>
    Object.fromEntries(hookPoints.map(({ name, about, veto }) => [name, `${about}${veto ? " May be vetoed." : ""}`])),
  interface: ({ interfaces }) =>
    Object.fromEntries(
      interfaces.map(({ name, singleton }) => [name, singleton ? "for one other plugin" : "for other plugins"]),
    ),
  // What `indexes` come to is listed there.
  implements: ({ implementations: { [INDEXES]: _, ...own } }) =>
    map(own, (implementation) => `the interface ${implementation.interface.name}`),
  requires: ({ requires }) => Object.fromEntries(requires.map((name) => [name, "the plugin"])),
  needs: ({ needs }) => map(needs, needed),
};

/** As a definition says it: HEAD goes with GET. */
const methodsOf = (methods: readonly string[]): string =>
  methods.length === METHODS
    ? "ANY"
    : methods.filter((method) => method !== "HEAD" || !methods.includes("GET")).join(",");
const METHODS = 6;

/** What is asked of the cloud, in words. */
const needed = (need: OwnNeed): string => {
  switch (need.kind) {
    case "bus":
      return `the bus ${need.name}, to tell events`;
    case "file":
      return `the file ${need.path}, to append to`;
    case "topic":
      return `the topic ${need.arn}, to tell messages`;
    case "mail":
      return `mail from ${need.from} via ${need.via === "ses" ? "ses" : `smtp ${need.via.host}:${need.via.port}`}`;
    case "search":
      return `search, ${need.domain === undefined ? "embedded" : `in the OpenSearch domain ${need.domain}`}`;
    case "store-secret":
      return `the store's secret ${need.name}`;
    case "secret":
      return `a secret of its own, ${need.name}`;
    case "given":
      return `a secret from the parameter ${need.parameter}`;
    case "variable":
      return `the variable KINTOUN_PLUGIN_${`${need.plugin}_${need.name}`.toUpperCase().replaceAll("-", "_")}`;
    case "data":
      return `objects, as plugin:${need.plugin}: ${Object.entries(need.permissions)
        .map(([permission, uris]) => `${permission} on ${uris.join(", ")}`)
        .join("; ")}`;
    case "state":
      return "what it keeps for itself";
    case "http":
      return need.private
        ? "other servers, also private ones and without TLS"
        : "other servers, by public addresses over https";
    case "flush":
      return "to remove everything that is stored";
  }
};

const heard = ({ on, ...places }: { readonly on: readonly string[] } & Partial<ReadPlaces>): string =>
  `${on.join(", ")}${within(places)}`;

const within = ({ buckets, collections }: Partial<ReadPlaces>): string =>
  [buckets && ` in the buckets ${buckets.join(", ")}`, collections && ` in the collections ${collections.join(", ")}`]
    .filter(Boolean)
    .join("");

const map = <Part>(parts: Readonly<Record<string, Part>>, told: (part: Part) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, told(part)]));
