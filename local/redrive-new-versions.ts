import { readFileSync, writeFileSync } from "node:fs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Config } from "../config/config.ts";
import { pluginQueueNames, REDRIVE } from "../config/queues.ts";
import type { Log } from "../core/ports/log.ts";
import { toDeadLetterQueue } from "../core/ports/queue.ts";
import { redrive, resendTo } from "../operations/redrive.ts";

export interface RedriveNewVersionsOptions {
  readonly config: Config;
  readonly client: SQSClient;
  /** Queue URLs by name. */
  readonly queues: Readonly<Record<string, string>>;
  /** File with the versions of the last start. */
  readonly file: string;
  readonly log: Log;
}

/**
 * Redrives the dead letters of plugins that have another version than at the last start, in the background, like a
 * deployment.
 *
 * @returns a function that stops it
 */
export const redriveNewVersions = ({
  config,
  client,
  queues,
  file,
  log,
}: RedriveNewVersionsOptions): (() => Promise<void>) => {
  const previous = readVersions(file);
  const current = Object.fromEntries(
    config.plugins.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])),
  );
  writeFileSync(file, JSON.stringify({ ...previous, ...current }));
  const stopping = new AbortController();
  const updated = config.plugins.filter(({ name }) => Object.hasOwn(current, name) && previous[name] !== current[name]);
  const queueNames = config.redriveOnDeploy
    ? updated.flatMap((plugin) => pluginQueueNames(plugin).map((name) => ({ name, version: plugin.version })))
    : [];
  const redrives = queueNames.map(async ({ name, version }) => {
    const [from, to] = [queues[toDeadLetterQueue(name)], queues[name]];
    if (from === undefined || to === undefined) return;
    try {
      const moved = await redrive({
        client,
        from,
        handle: resendTo(client, to),
        rate: REDRIVE.perSecond,
        signal: stopping.signal,
      });
      if (moved > 0)
        log.info("Dead letters are redriven, because their plugin has another version", {
          listener: name,
          version,
          messages: moved,
        });
    } catch (error) {
      log.warn("Dead letters could not be redriven", { listener: name, version, error });
    }
  });
  return async () => {
    stopping.abort();
    await Promise.all(redrives);
  };
};

const readVersions = (file: string): Readonly<Record<string, string>> => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
};
