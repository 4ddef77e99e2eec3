import {
  changeFromStream,
  queuedJobFromStream,
  type StreamImages,
  sentMessageFromStream,
} from "../adapters/store/dynamodb/stream.ts";
import { pluginInbound } from "../config/listeners.ts";
import { hasJobs } from "../config/plugin-placement.ts";
import type { StreamEntry } from "../core/events/dispatch.ts";
import type { AppOptions } from "./create-app-context.ts";

export type { StreamImages };

/**
 * Reads records of the table's stream. Returns `undefined` for a record that is no change, queued job or message, and
 * for plugins that are no longer configured.
 */
export const streamReader = ({
  config: { plugins, resources },
}: Pick<AppOptions, "config">): ((images: StreamImages) => StreamEntry | undefined) => {
  const withJobs = new Set(plugins.filter(hasJobs).map(({ name }) => name));
  const inbound = new Set(pluginInbound(plugins).map(({ name }) => name));
  return (images) => {
    const message = sentMessageFromStream(images);
    if (message !== undefined) return inbound.has(message.queue) ? { message } : undefined;
    const queued = queuedJobFromStream(images);
    if (queued !== undefined) return withJobs.has(queued.plugin) ? queued : undefined;
    return changeFromStream(resources, images);
  };
};
