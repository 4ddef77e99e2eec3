import { readFileSync, writeFileSync } from "node:fs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Config } from "../config/config.ts";
import { pluginQueueNames, REDRIVE } from "../config/queues.ts";
import type { Log } from "../core/ports/log.ts";
import { deadOf } from "../core/ports/queue.ts";
import { redrive, sendAgain } from "../operations/redrive.ts";

export interface NewVersions {
  readonly config: Config;
  readonly client: SQSClient;
  /** URLs by name. */
  readonly queues: Readonly<Record<string, string>>;
  /** Where the versions are kept that were there last. */
  readonly file: string;
  readonly log: Log;
}

/** Tries again what failed for good in plugins that come in another version than last time, in the background, as a deployment does. @returns what stops it */
export const redriveNewVersions = ({ config, client, queues, file, log }: NewVersions): (() => Promise<void>) => {
  const before = read(file);
  const now = Object.fromEntries(
    config.plugins.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])),
  );
  writeFileSync(file, JSON.stringify({ ...before, ...now }));
  const stopping = new AbortController();
  const renewed = config.plugins.filter(({ name }) => Object.hasOwn(now, name) && before[name] !== now[name]);
  const running = config.redriveOnDeploy
    ? renewed.flatMap((plugin) => pluginQueueNames(plugin).map((name) => ({ name, version: plugin.version })))
    : [];
  const done = running.map(async ({ name, version }) => {
    const [from, to] = [queues[toDeadLetterQueue(name)], queues[name]];
    if (from === undefined || to === undefined) return;
    try {
      const moved = await redrive({
        client,
        from,
        take: sendAgain(client, to),
        rate: REDRIVE.perSecond,
        signal: stopping.signal,
      });
      if (moved > 0)
        log.info("What failed for good is tried again, by another version of its plugin", {
          listener: name,
          version,
          messages: moved,
        });
    } catch (error) {
      log.warn("What failed for good could not be tried again", { listener: name, version, error });
    }
  });
  return async () => {
    stopping.abort();
    await Promise.all(done);
  };
};

const read = (file: string): Readonly<Record<string, string>> => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
};
