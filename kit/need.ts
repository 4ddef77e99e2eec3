import type { Data } from "../core/data.ts";
import { resourceAt, SHARED_PERMISSION } from "../core/permissions/areas.ts";
import { PLUGIN_PREFIX } from "../core/permissions/principals.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { AppendFile } from "../core/ports/file.ts";
import type { Files } from "../core/ports/files.ts";
import type { HttpClient } from "../core/ports/http.ts";
import type { Mailer, SmtpServer } from "../core/ports/mail.ts";
import type { Operations } from "../core/ports/operations.ts";
import type { SearchEngine } from "../core/ports/search-engine.ts";
import type { State } from "../core/ports/state.ts";
import type { Topic } from "../core/ports/topic.ts";
import type { Resources as ResourceTypes } from "../core/resources.ts";
import type { Json } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { ActionRef, ActionStarter } from "./action-starter.ts";
import type { IndexObjects } from "./index-objects.ts";
import type { Inspection } from "./inspection.ts";
import { findPlugin } from "./instance-options.ts";
import { createMessageSource } from "./message-source.ts";
import type { OwnQueue } from "./own-queue.ts";
import { createEventSource } from "./parts/inbound.ts";
import type { CheckContext, PartIssue } from "./parts/part.ts";
import type { PluginManifest } from "./plugin.ts";
import type { StandardSchema } from "./schema.ts";
import type { VersionHistory } from "./version-history.ts";

/**
 * A resource that a plugin needs. It becomes a grant in AWS and an entry of `resources` in `setup`; a plugin cannot
 * use anything that it does not declare.
 * @example
 * const needs = (): Record<string, Need> => ({ state: need.state(), topic: need.topic({ arn: "arn:aws:sns:…" }) });
 */
export type Need =
  | BusNeed
  | FileNeed
  | FilesNeed
  | TopicNeed
  | MailNeed
  | SearchNeed
  | StoreSecretNeed
  | SecretNeed
  | ParameterNeed
  | VariableNeed
  | DataNeed
  | StateNeed
  | QueueNeed<unknown>
  | ActionNeed<unknown>
  | IndexNeed
  | HttpNeed
  | VersionsNeed
  | InspectionNeed
  | OperationsNeed
  | FlushNeed;

/** A need of a plugin. */
export type PluginNeed = Need & { readonly plugin: string; readonly scope?: NeedScope };

/**
 * Which functions of AWS get the resource. `own-worker`: the workers of the plugin's listeners, publishers and jobs.
 * `api-and-own-worker`: also `api`. By default also the workers of other plugins whose changes run the plugin's hooks.
 */
type NeedScope = "own-worker" | "api-and-own-worker";

interface BusNeed {
  readonly kind: "bus";
  /** The name of an EventBridge bus in the same account and region. */
  readonly name: string;
}

interface FileNeed {
  readonly kind: "file";
  /** A path on the machine. Not available in Lambda, which keeps no files. */
  readonly path: string;
}

/** The plugin's own files, in a bucket of its own. */
export interface FilesNeed {
  readonly kind: "files";
  /** Which functions may delete files; the others can read and write them. All when absent. */
  readonly deleteScope?: "own-worker" | undefined;
  /** Prefixes of keys whose files are deleted some days after they were written, in days by prefix. */
  readonly expireDays: Readonly<Record<string, number>>;
}

export interface TopicNeed {
  readonly kind: "topic";
  /** The ARN of an SNS topic; an ordered one ends with `.fifo`. */
  readonly arn: string;
}

export interface MailNeed {
  readonly kind: "mail";
  readonly via: SmtpServer | "ses";
  /** The only sender that the plugin may use: an address, or a name and an address. */
  readonly from: string;
  /** The password of the server's `username`. */
  readonly password?: ParameterNeed | undefined;
}

export interface SearchNeed {
  readonly kind: "search";
  /** An OpenSearch domain in the same account and region. */
  readonly domain: string | undefined;
  /** A collection of OpenSearch Serverless that the stack creates. The embedded engine is used where there is neither. */
  readonly serverless: ServerlessOptions | undefined;
}

/** A collection of OpenSearch Serverless. */
export interface ServerlessOptions {
  /** Its name, unique in the account and region: 3 to 24 lowercase letters, digits and dashes. */
  readonly name: string;
  /** Maximum capacity for searches and for writes, each in OpenSearch Compute Units. */
  readonly maxOcu: number;
  /** ARNs of IAM roles and users that may also search and write, such as those that run `kintoun search`. */
  readonly operators: readonly string[];
}

/** A secret that several plugins share. */
export interface StoreSecretNeed {
  readonly kind: "store-secret";
  /** Created once per store, unless the environment sets it. */
  readonly name: "userid_hmac_secret" | "default_bucket_hmac_secret";
}

/** A secret of the plugin alone. */
interface SecretNeed {
  readonly kind: "secret";
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
}

/**
 * A secret that the operator sets: a parameter in SSM's Parameter Store; on a laptop the plugin's variable of that
 * name.
 */
export interface ParameterNeed {
  readonly kind: "parameter";
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** The name in the Parameter Store; `/aws/reference/secretsmanager/<name>` is a secret of Secrets Manager. */
  readonly parameter: string;
}

/** A variable of the environment: `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`, in upper case with `_` for `-`. */
interface VariableNeed {
  readonly kind: "variable";
  readonly name: string;
}

/**
 * The store's objects, as the user `plugin:<name>`, with the declared permissions and those of the objects
 * themselves.
 */
export interface DataNeed {
  readonly kind: "data";
  /**
   * URIs of objects by permission; `*` matches any id:
   * `{ read: ["/buckets/*"], "record:create": ["/buckets/log/collections/mail"] }`.
   * `shared` grants nothing itself, but allows access where objects' own permissions name `plugin:<name>`. Permissions
   * at the top level, such as `bucket:create`, are declared on `/`.
   */
  readonly permissions: Readonly<Record<string, readonly string[]>>;
  /** Whether it may find and change what names any principal, within what it may write. */
  readonly principals?: boolean;
}

export type DataPermissions = {
  readonly [Permission in "read" | "write" | "execute" | "shared" | `${string}:create`]?: readonly string[];
};

/** The plugin's own key-value state, whose changes cause no events. */
interface StateNeed {
  readonly kind: "state";
  /** Which functions may change the state; the others can read it. All when absent. */
  readonly writeScope?: "own-worker" | undefined;
}

/** The queue of one of the plugin's inbound parts that has no bus. */
export interface QueueNeed<Detail> {
  readonly kind: "queue";
  /** The inbound part. */
  readonly part: string;
  /** The schema of the inbound part. */
  readonly schema: StandardSchema<Detail, unknown> | undefined;
}

/** An action that the plugin starts: one of its own, or of another plugin. */
export interface ActionNeed<Params> {
  readonly kind: "action";
  readonly action: ActionRef<Params>;
}

/** The objects of one of the plugin's types. */
export interface IndexNeed {
  readonly kind: "index";
  /** The name in the plugin's `indexes`. */
  readonly type: string;
  /** The URI of its collection, added when the plugin is resolved; empty if there is no such type. */
  readonly of: string;
}

/** An HTTP client for public addresses over https. */
export interface HttpNeed {
  readonly kind: "http";
  /** Whether private addresses and plain http are allowed too. Only an operator may allow that. */
  readonly private: boolean;
}

/** The versions of all objects, which a part `versions` keeps. */
interface VersionsNeed {
  readonly kind: "versions";
}

/** What the store knows of itself, and the reading of all permissions. */
interface InspectionNeed {
  readonly kind: "inspection";
}

/** What operators see and do: activity, queues, dead letters, replays. */
interface OperationsNeed {
  readonly kind: "operations";
}

/** Removal of all data. */
interface FlushNeed {
  readonly kind: "flush";
}

/**
 * Creates the entries of a plugin's `needs`.
 * @example
 * definePlugin({
 *   name: "reports",
 *   about: "Mails reports.",
 *   needs: () => ({
 *     mail: need.scope(need.mail({ via: "ses", from: "store@example.org" }), "own-worker"),
 *     key: need.parameter("api-key", { parameter: "/kintoun/reports/key" }),
 *   }),
 * });
 */
export const need = {
  /** An EventBridge bus: `put(events)`. */
  bus: (bus: { name: string }): BusNeed => ({ kind: "bus", ...bus }),
  /** The source of an `inbound` part. Not one of `needs`. */
  events: createEventSource,
  /** Other senders to the queue of an `inbound` part: SNS topics, S3 buckets, other accounts. Not one of `needs`. */
  messages: createMessageSource,
  /** A file: `append(text)`. Not available in Lambda. */
  file: (file: { path: string }): FileNeed => ({ kind: "file", ...file }),
  /**
   * The plugin's own files, in a bucket of its own: `put(key, content, headers)`, `signUpload(key, limits)` and the like.
   * Pages of the origins in `settings.corsOrigins` can use signed URLs.
   *
   * @param options `deleteScope: "own-worker"` lets only the plugin's own workers delete files; `expireDays: { "tmp/": 1 }`
   *   lets S3 delete files a day after they were written
   */
  files: ({
    deleteScope,
    expireDays = {},
  }: {
    deleteScope?: FilesNeed["deleteScope"];
    expireDays?: FilesNeed["expireDays"];
  } = {}): FilesNeed => ({ kind: "files", deleteScope, expireDays }),
  /** Mail: `send(mail)` as `from`, through SES or a mail server. On a laptop mails are not sent but shown on a page. */
  mail: (mail: { via: SmtpServer | "ses"; from: string; password?: ParameterNeed | undefined }): MailNeed => ({
    kind: "mail",
    ...mail,
  }),
  /** A search engine: the OpenSearch domain, the serverless collection, or the embedded engine. */
  search: (options: { domain?: string | undefined; serverless?: ServerlessOptions | undefined } = {}): SearchNeed => ({
    kind: "search",
    domain: options.domain,
    serverless: options.serverless,
  }),
  /** `() => Promise<string>`: one of the two secrets that user ids and personal buckets are derived from. */
  storeSecret: (name: StoreSecretNeed["name"]): StoreSecretNeed => ({ kind: "store-secret", name }),
  /** `() => Promise<string>`: 32 random bytes in hex, created once per store for this plugin. */
  secret: (name: string): SecretNeed => ({ kind: "secret", name }),
  /**
   * `() => Promise<string>`: a secret that the operator keeps in the Parameter Store; on a laptop
   * `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`.
   */
  parameter: (name: string, options: { parameter: string }): ParameterNeed => ({
    kind: "parameter",
    name,
    parameter: options.parameter,
  }),
  /** `KINTOUN_PLUGIN_<PLUGIN>_<NAME>` of the environment, or `undefined`. Not for secrets. */
  variable: (name: string): VariableNeed => ({ kind: "variable", name }),
  /**
   * The store's objects with the declared permissions:
   * `{ read: ["/buckets/*"], "record:create": ["/buckets/log/collections/mail"] }`.
   */
  data: (permissions: DataPermissions, { principals = false }: { principals?: boolean } = {}): DataNeed => ({
    kind: "data",
    ...(principals && { principals }),
    permissions: Object.fromEntries(Object.entries(permissions).map(([permission, uris = []]) => [permission, uris])),
  }),
  /**
   * The plugin's own state, by list and key. Entries may expire.
   *
   * @param options `writeScope: "own-worker"` makes it read-only in `api`
   */
  state: (options: { writeScope?: StateNeed["writeScope"] } = {}): StateNeed => ({ kind: "state", ...options }),
  /**
   * The queue of the plugin's own inbound part: `send(messages)`.
   *
   * @param schema the schema of the inbound part, which types the messages
   */
  queue: <Detail = Json>(part: string, schema?: StandardSchema<Detail, unknown>): QueueNeed<NoInfer<Detail>> => ({
    kind: "queue",
    part,
    schema,
  }),
  /** An action of this plugin or of another one: `start(params, { uri })` starts a job. */
  action: <Params = Record<string, never>>(action: ActionRef<Params>): ActionNeed<NoInfer<Params>> => ({
    kind: "action",
    action,
  }),
  /** The objects of one of the plugin's own types: `save(object)`, `delete(id)`, `sync()`. */
  index: (type: string): IndexNeed => ({ kind: "index", type, of: "" }),
  /** An SNS topic: `publish(messages)`. */
  topic: (topic: { arn: string }): TopicNeed => ({ kind: "topic", ...topic }),
  /** `request(…)` to public addresses over https; with `private`, which only the operator may allow, to any address. */
  http: (options: { private?: boolean } = {}): HttpNeed => ({ kind: "http", private: options.private ?? false }),
  /** The versions that the plugin's part `versions` keeps: `list(request)`, `trim(limits, …)`, … */
  versions: (): VersionsNeed => ({ kind: "versions" }),
  /**
   * What operators see and do: requests, events and attempts of listeners, queues, dead letters and replays. Functions log
   * their activity only if a plugin has this need.
   */
  operations: (): OperationsNeed => ({ kind: "operations" }),
  /** What runs, and why users may do what they may: `describe()`, `explain({ user, path })`, … For administrators only. */
  inspection: (): InspectionNeed => ({ kind: "inspection" }),
  /** Removal of all data. */
  flush: (): FlushNeed => ({ kind: "flush" }),
  /** Limits the functions that get the resource. By default every function that runs a part of the plugin gets it. */
  scope: <N extends Need>(needed: N, scope: NeedScope): N & { readonly scope: NeedScope } => ({ ...needed, scope }),
};

/** The resource for each kind of need. */
export interface ResourceOf {
  bus: Bus;
  file: AppendFile;
  files: Files;
  topic: Topic;
  mail: Mailer;
  search: SearchEngine;
  "store-secret": () => Promise<string>;
  /** 32 random bytes in hex, created once per store and kept. */
  secret: () => Promise<string>;
  /** Read on first use and cached for a minute. Rejects with instructions if the operator has not set it. */
  parameter: () => Promise<string>;
  variable: string | undefined;
  data: Data;
  state: State;
  queue: OwnQueue<never>;
  action: ActionStarter<never>;
  index: IndexObjects;
  http: HttpClient;
  versions: VersionHistory;
  inspection: Inspection;
  operations: Operations;
  /** Resolves to `true` when all data is removed, to `false` if it was stopped before. */
  flush: (until: () => boolean) => Promise<boolean>;
}

/**
 * The resources of a plugin's needs, by name.
 * @example
 * const count = async ({ state }: Resources<{ state: ReturnType<typeof need.state> }>) => state.get("counts", "all");
 */
export type Resources<Needs extends Readonly<Record<string, Need>>> = {
  readonly [Name in keyof Needs]: ResourceFor<Needs[Name]>;
};

type ResourceFor<N extends Need> =
  N extends QueueNeed<infer Detail>
    ? OwnQueue<Detail>
    : N extends ActionNeed<infer Params>
      ? ActionStarter<Params>
      : ResourceOf[N["kind"]];

/** Issues of a plugin's needs: permissions on data must exist. */
export const needIssues = (plugin: PluginManifest, { plugins, resources }: CheckContext): PartIssue[] => {
  const { name, needs } = plugin;
  if (resources === undefined) return [];
  return [
    ...Object.entries(needs).flatMap(([key, need]) =>
      need.kind === "queue"
        ? queueIssues(`needs.${key}`, plugin, need)
        : need.kind === "action"
          ? actionIssues(`needs.${key}`, plugin, need.action, plugins)
          : need.kind === "index"
            ? indexIssues(`needs.${key}`, plugin, need)
            : [],
    ),
    ...(name === PLUGIN_PREFIX
      ? [{ path: "name", message: `'${PLUGIN_PREFIX}' is reserved: the user ids of all plugins start with it.` }]
      : []),
    ...Object.entries(needs).flatMap(([key, need]) => {
      if (need.kind !== "data") return [];
      return Object.entries(need.permissions).flatMap(([permission, uris]: [string, unknown]) => {
        const path = `needs.${key}.${permission}`;
        if (!Array.isArray(uris)) return [{ path, message: 'must be a list of URIs, such as ["/buckets/blog"].' }];
        return uris.flatMap((uri, index) => permissionIssues(`${path}[${index}]`, resources, permission, uri));
      });
    }),
  ];
};

/** A queue must be that of an own inbound part without a bus, with the part's schema. */
const queueIssues = (path: string, { inbound }: PluginManifest, { part, schema }: QueueNeed<unknown>): PartIssue[] => {
  const found = Object.hasOwn(inbound, part) ? inbound[part] : undefined;
  if (found === undefined)
    return [{ path, message: `there is no inbound part '${part}'. ${didYouMean(part, Object.keys(inbound))}` }];
  if (found.from?.kind === "events")
    return [{ path, message: `the inbound part '${part}' receives events of a bus. Send to the bus: need.bus(…).` }];
  if (schema !== undefined && !Object.is(schema, found.schema))
    return [{ path, message: `the schema is not that of the inbound part '${part}'. Use one constant for both.` }];
  return [];
};

const actionIssues = (
  path: string,
  plugin: PluginManifest,
  { plugin: owner = plugin.name, name }: ActionRef<unknown>,
  plugins: readonly PluginManifest[],
): PartIssue[] => {
  const found = findPlugin(plugins, owner);
  if (found === undefined)
    return [
      {
        path,
        message: `there is no plugin '${owner}'. ${didYouMean(
          owner,
          plugins.map((one) => one.name),
        )}`,
      },
    ];
  const names = Object.keys(found.actions);
  return names.includes(name)
    ? []
    : [{ path, message: `the plugin '${owner}' has no action '${name}'. ${didYouMean(name, names)}` }];
};

/** A type must be one of the plugin's own. */
const indexIssues = (path: string, { indexes }: PluginManifest, { type, of }: IndexNeed): PartIssue[] => {
  const names = Object.keys(indexes).filter((name) => indexes[name]?.type !== undefined);
  return of === ""
    ? [{ path, message: `the plugin has no type '${type}' in its indexes. ${didYouMean(type, names)}` }]
    : [];
};

const permissionIssues = (path: string, resources: ResourceTypes, permission: string, uri: unknown): PartIssue[] => {
  const resource = typeof uri === "string" ? resourceAt(resources, uri) : undefined;
  if (resource === undefined)
    return [
      {
        path,
        message: `${JSON.stringify(uri)} is not the URI of an object, such as /buckets/blog/collections/*, where * matches any id.`,
      },
    ];
  const known =
    resource === null
      ? resources.top.map(({ resource }) => `${resource.name}:create`)
      : [...resource.permissions, SHARED_PERMISSION];
  if (known.includes(permission)) return [];
  return [
    {
      path,
      message: `there is no permission '${permission}' on ${resource === null ? "the root" : `a ${resource.name}`}. ${didYouMean(permission, known)}`,
    },
  ];
};
