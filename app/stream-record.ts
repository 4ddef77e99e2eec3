import {
  changeFromStream,
  queuedJobFromStream,
  type StreamImages,
  sentMessageFromStream,
} from "../adapters/store/dynamodb/stream.ts";
import type { Routing } from "../config/routing.ts";
import type { StreamEntry } from "../core/events/dispatch.ts";
import { createResources } from "../core/resources.ts";

export type { StreamImages };

/**
 * Reads records of the table's stream. Returns `undefined` for a record that is no change, queued job or message, and
 * for plugins that are no longer configured.
 */
export const streamReader = ({
  inbound,
  pluginsWithJobs,
  pluginResources,
}: Routing): ((images: StreamImages) => StreamEntry | undefined) => {
  const resources = createResources(pluginResources);
  return (images) => {
    const message = sentMessageFromStream(images);
    if (message !== undefined) return inbound.includes(message.queue) ? { message } : undefined;
    const queued = queuedJobFromStream(images);
    if (queued !== undefined) return pluginsWithJobs.includes(queued.plugin) ? queued : undefined;
    return changeFromStream(resources, images);
  };
};
