import type { Data } from "../core/data.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { AppendFile } from "../core/ports/file.ts";
import type { HttpClient } from "../core/ports/http.ts";
import type { Mailer, SmtpServer } from "../core/ports/mail.ts";
import type { SearchEngine } from "../core/ports/search-engine.ts";
import type { State } from "../core/ports/state.ts";
import type { Topic } from "../core/ports/topic.ts";
import { events } from "./event-source.ts";

/**
 * What a plugin needs from the cloud around it. Infra turns needs into grants, app into the resources that `setup` gets:
 * a plugin reaches nothing that it does not state.
 */
export type Need =
  | BusNeed
  | FileNeed
  | TopicNeed
  | MailNeed
  | SearchNeed
  | StoreSecretNeed
  | SecretNeed
  | ParameterNeed
  | VariableNeed
  | DataNeed
  | StateNeed
  | HttpNeed
  | FlushNeed;

/** A need, and the plugin that states it. */
export type PluginNeed = Need & { readonly plugin: string } & Partial<InWorkers & OutsideHooks>;

/** Met where the plugin's own listeners, publishers and jobs run; not in `api`, nor in other plugins' workers, whatever hooks of it run there. */
export interface InWorkers {
  readonly inWorkers: true;
}

/** Met in `api` and where the plugin's own listeners, publishers and jobs run; not in other plugins' workers, whatever hooks of it run there. */
export interface OutsideHooks {
  readonly outsideHooks: true;
}

export interface BusNeed {
  readonly kind: "bus";
  /** A bus of EventBridge's in the same account and region. */
  readonly name: string;
}

export interface FileNeed {
  readonly kind: "file";
  /** Of the machine that it runs on: on a laptop or in a container, but not in a Lambda, which keeps no files. */
  readonly path: string;
}

export interface TopicNeed {
  readonly kind: "topic";
  /** A topic of SNS's: an ordered one ends in `.fifo`. */
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
  /** An OpenSearch domain in the same account and region; where there is none at hand, the embedded engine serves. */
  readonly domain: string | undefined;
}

/** A secret that the store has for several plugins. */
export interface StoreSecretNeed {
  readonly kind: "store-secret";
  /** Made once per store, unless the environment gives it. */
  readonly name: "userid_hmac_secret" | "default_bucket_hmac_secret";
}

/** A secret that the plugin shares with nobody. */
export interface SecretNeed {
  readonly kind: "secret";
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
}

/** A secret that the operator gives: a parameter of SSM's Parameter Store, never in a function's environment; on a laptop the plugin's variable of that name. */
export interface ParameterNeed {
  readonly kind: "given";
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** Its name in the Parameter Store; `/aws/reference/secretsmanager/<name>` is a secret of Secrets Manager. */
  readonly parameter: string;
}

/** What the environment says to this plugin alone: `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`, in upper case with `_` for `-`. */
export interface VariableNeed {
  readonly kind: "variable";
  readonly name: string;
}

/** The store's objects, as the user `plugin:<name>`, who may do what is stated here, and there what objects themselves let it. */
export interface DataNeed {
  readonly kind: "data";
  /**
   * Permission -> URIs of objects it is given on, `*` standing for any id: `{ read: ["/buckets/*"], "record:create": ["/buckets/log/collections/mail"] }`.
   * `shared` gives nothing, but lets the plugin to where objects' own permissions may name `plugin:<name>`; beyond what is stated it reaches nothing.
   * What is at the top level, such as `bucket:create`, is given on `/`.
   */
  readonly permissions: Readonly<Record<string, readonly string[]>>;
}

export type DataPermissions = {
  readonly [Permission in "read" | "write" | "shared" | `${string}:create`]?: readonly string[];
};

/** What the plugin keeps for itself, of which nobody hears. */
export interface StateNeed {
  readonly kind: "state";
  /** Whether it is changed by listeners, publishers and jobs alone: what answers requests may then read it, and no more. */
  readonly changedInWorkers: boolean;
}

/** Other people's servers: public addresses over https. */
export interface HttpNeed {
  readonly kind: "http";
  /** Whether also private addresses are reached, and http without TLS is spoken: what an operator alone may allow. */
  readonly private: boolean;
}

/** To remove everything that is stored. */
export interface FlushNeed {
  readonly kind: "flush";
}

export const need = {
  /** `put(events)` on that bus of EventBridge's. */
  bus: (bus: { name: string }): BusNeed => ({ kind: "bus", ...bus }),
  /** Not among `needs`: says what an `inbound` part is brought. */
  events,
  /** `append(text)` to that file; refused in a Lambda. */
  file: (file: { path: string }): FileNeed => ({ kind: "file", ...file }),
  /** `send(mail)` as `from`, through SES or a mail server. On a laptop mails are caught, and shown on a page. */
  mail: (mail: { via: SmtpServer | "ses"; from: string; password?: ParameterNeed | undefined }): MailNeed => ({
    kind: "mail",
    ...mail,
  }),
  /** A search engine: the OpenSearch domain, or the embedded one where there is none. */
  search: (options: { domain?: string | undefined } = {}): SearchNeed => ({ kind: "search", domain: options.domain }),
  /** `() => Promise<string>`: one of the two secrets by which user ids and personal buckets are made. */
  storeSecret: (name: StoreSecretNeed["name"]): StoreSecretNeed => ({ kind: "store-secret", name }),
  /** `() => Promise<string>`: 32 random bytes in hex, made once per store, the plugin's own. */
  secret: (name: string): SecretNeed => ({ kind: "secret", name }),
  /** `() => Promise<string>`: a secret that the operator keeps in the Parameter Store; on a laptop `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`. */
  given: (name: string, options: { parameter: string }): ParameterNeed => ({
    kind: "given",
    name,
    parameter: options.parameter,
  }),
  /** `KINTOUN_PLUGIN_<PLUGIN>_<NAME>` of the environment, or `undefined`. No place for secrets. */
  variable: (name: string): VariableNeed => ({ kind: "variable", name }),
  /** The store's objects, where and as the permissions say: `{ read: ["/buckets/*"], "record:create": ["/buckets/log/collections/mail"] }`. */
  data: (permissions: DataPermissions): DataNeed => ({
    kind: "data",
    permissions: Object.fromEntries(
      Object.entries(permissions).map(([permission, places = []]) => [permission, places]),
    ),
  }),
  /** What the plugin keeps for itself, by list and key; nobody hears of it, and it may expire. */
  state: (options: { changedInWorkers?: boolean } = {}): StateNeed => ({
    kind: "state",
    changedInWorkers: options.changedInWorkers ?? false,
  }),
  /** `publish(messages)` to that topic of SNS's. */
  topic: (topic: { arn: string }): TopicNeed => ({ kind: "topic", ...topic }),
  /** `request(…)` to other people's servers: public addresses over https; with `private`, which is the operator's to allow, anywhere. */
  http: (options: { private?: boolean } = {}): HttpNeed => ({ kind: "http", private: options.private ?? false }),
  /** Removes everything that is stored. */
  flush: (): FlushNeed => ({ kind: "flush" }),
  /** For what the hooks of a plugin can do without, and its routes cannot. */
  outsideHooks: <N extends Need>(needed: N): N & OutsideHooks => ({ ...needed, outsideHooks: true }),
  /** For what the hooks and routes of a plugin can do without. */
  inWorkers: <N extends Need>(needed: N): N & InWorkers => ({ ...needed, inWorkers: true }),
};

/** What a need is answered with. */
export interface ResourceOf {
  bus: Bus;
  file: AppendFile;
  topic: Topic;
  mail: Mailer;
  search: SearchEngine;
  "store-secret": () => Promise<string>;
  /** 32 random bytes in hex, made once per store and kept. */
  secret: () => Promise<string>;
  /** Read at its first use and kept for a minute; rejects where the operator has not given it, and says what to do. */
  given: () => Promise<string>;
  variable: string | undefined;
  data: Data;
  state: State;
  http: HttpClient;
  /** Goes on until nothing is left (`true`), or it is told to stop. */
  flush: (until: () => boolean) => Promise<boolean>;
}

export type Resources<Needs extends Readonly<Record<string, Need>>> = {
  readonly [Name in keyof Needs]: ResourceOf[Needs[Name]["kind"]];
};
