import type { Json } from "../core/json.ts";

/** An endpoint that a plugin adds, or puts before one of the store's own: it answers requests itself, or leads them elsewhere. */
export type PluginRoute<Config, Services> = {
  /** Paths without the version's prefix: `:name` stands for one part, `*` at the end for whatever follows. */
  readonly paths: readonly string[];
  /** All when absent. */
  readonly methods?: readonly string[];
  /** One sentence. */
  readonly about: string;
} & (
  | { readonly run: (call: RouteCall, tools: RouteTools<Config, Services>) => Promise<RouteAnswer>; readonly rewrite?: never }
  | { readonly rewrite: (call: RouteCall, tools: RouteTools<Config, Services>) => Promise<Rewritten>; readonly run?: never }
);

export interface RouteTools<Config, Services> {
  readonly config: Config;
  readonly services: Services;
}

/** What a request is taken for: it is answered as the same request to another path, as the same user. */
export interface Rewritten {
  /** Without the version's prefix, percent-encoded. */
  readonly path: string;
  /** The body, where it is to be another. */
  readonly body?: Json | undefined;
  /** URIs of buckets and collections that are made for the asker in the same transaction, unless they are there; parents first. */
  readonly ensure?: readonly string[];
}

/** A request to a plugin's endpoint. */
export interface RouteCall {
  readonly method: string;
  /** Without the version's prefix, percent-encoded as it was written. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** What follows the question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Who asks; `null` for nobody in particular. */
  readonly user: string | null;
  /** `undefined` when it is empty; throws what is wrong with it, which is then answered. */
  readonly json: () => Json | undefined;
  /** Refuses those who are not logged in: throws what is answered to them. */
  readonly requireUser: () => string;
}

export interface RouteAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text; `null` for none. */
  readonly body: string | null;
}
