import type { Log } from "../core/ports/log.ts";
import type { Need, Resources } from "./need.ts";
import type { HookPoint } from "./parts/hook-points.ts";
import type { Implementations, Interface } from "./parts/interfaces.ts";

/**
 * The second argument of every part of a plugin.
 * @example
 * const answer = (_: RouteRequest, { config, log }: PluginContext<{ greeting: string }, void>): RouteResponse => {
 *   log.info("Said hello");
 *   return jsonResponse({ message: config.greeting });
 * };
 */
export interface PluginContext<Config, Services> {
  /** The plugin's options, as its schema parsed them. */
  readonly config: Config;
  /** The return value of the plugin's `setup`. */
  readonly services: Services;
  readonly log: Log;
}

/** The context of a part that handles messages of a queue. */
export interface DeliveryContext<Config, Services> extends PluginContext<Config, Services> {
  /** Aborted shortly before the part's time is up. */
  readonly signal: AbortSignal;
}

/**
 * The argument of a plugin's `setup`.
 * @example
 * definePlugin({
 *   name: "counter",
 *   about: "Counts records.",
 *   needs: () => ({ state: need.state() }),
 *   setup: ({ resources, log }) => ({
 *     logCount: async () => log.info("Counted", { count: await resources.state.get("counts", "all") }),
 *   }),
 * });
 */
export interface SetupContext<Config, N extends Readonly<Record<string, Need>>> {
  readonly config: Config;
  /** One resource for each of the plugin's `needs`, by name. */
  readonly resources: Resources<N>;
  readonly log: Log;
  /** The store's time in epoch milliseconds. Expiries are compared with it. */
  readonly now: () => number;
  /** Returns the implementations of an interface. The definition's `interfaces` must list it. */
  readonly use: <Methods extends object>(owned: Interface<Methods>) => Implementations<Methods>;
  /** Runs the hooks at a point. The definition's `hookPoints` must list it. Rejects if a hook vetoes. */
  readonly trigger: <Params extends object>(point: HookPoint<Params>, params: Params) => Promise<void>;
}

/** Default time limits of parts that run within a request, in seconds. */
export const DEFAULT_TIMEOUT_SECONDS = { hook: 2, point: 10, route: 20 } as const;
