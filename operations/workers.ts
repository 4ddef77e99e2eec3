import type { Config } from "../config/config.ts";
import { pluginInbound } from "../config/inbound.ts";
import { pluginListeners } from "../config/listeners.ts";
import { queueConfigs } from "../config/queues.ts";
import { PURGE } from "../core/events/purge.ts";

/** A queue, as operators are told of it. */
export interface WorkerReport {
  readonly name: string;
  /** What is done with its messages. */
  readonly does: string;
  /** Whether it is worked on only by `kintoun worker NAME`. */
  readonly standalone: boolean;
  /** Whether each object's events come one after the other. */
  readonly ordered: boolean;
  /** Tries until a message is parked. */
  readonly tries: number;
}

/** All queues, in the config's order. */
export const workersOf = (config: Config): readonly WorkerReport[] => {
  const listeners = new Map(
    pluginListeners(config.plugins).map(({ name, on, buckets, collections }) => [
      name,
      hearing({ on, buckets, collections }),
    ]),
  );
  const inbound = new Map(
    pluginInbound(config.plugins).map(({ name, about }) => [name, `takes in what comes from outside: ${about}`]),
  );
  return queueConfigs(config).map(({ name, ordered, tries }) => ({
    name,
    does:
      name === PURGE_LISTENER.name
        ? "removes what stood in what was deleted"
        : (listeners.get(name) ?? inbound.get(name) ?? "works on the plugin's jobs"),
    standalone: config.standalone.includes(name),
    ordered,
    tries,
  }));
};

const hearing = ({
  on,
  ...places
}: {
  on: readonly string[];
  buckets: readonly string[] | undefined;
  collections: readonly string[] | undefined;
}): string =>
  [
    `hears ${on.join(", ")}`,
    ...Object.entries(places).flatMap(([kind, ids]) => (ids === undefined ? [] : [`in the ${kind} ${ids.join(", ")}`])),
  ].join(" ");
