import type { Json } from "../core/json.ts";

/** An endpoint that a plugin adds, or puts before one of the store's own. */
export interface PluginRoute<Config, Services> {
  /** Paths without the version's prefix: `:name` stands for one part, `*` at the end for whatever follows. */
  readonly paths: readonly string[];
  /** All when absent. */
  readonly methods?: readonly string[];
  /** One sentence. */
  readonly about: string;
  readonly run: (call: RouteCall, tools: { readonly config: Config; readonly services: Services }) => Promise<RouteAnswer>;
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
  /** Makes a bucket or collection for the asker, unless there is one; it stands only if the request succeeds. */
  readonly ensure: (uri: string) => Promise<void>;
  /** What the store answers to the same request at another path, as the same user, with another body if one is given. */
  readonly forward: (path: string, body?: Json) => Promise<RouteAnswer>;
}

export interface RouteAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text; `null` for none. */
  readonly body: string | null;
}
