import { changeFromStream, queuedJobFromStream, type StreamImages } from "../adapters/store/dynamodb/stream.ts";
import { hasJobs } from "../config/plugin-placement.ts";
import type { StreamEntry } from "../core/events/dispatch.ts";
import type { AppOptions } from "./create-app-context.ts";

export type { StreamImages };

/** Reads records of the table's stream. Returns `undefined` for a record that is neither a change nor a queued job. */
export const streamReader = ({
  config: { plugins, resources },
}: Pick<AppOptions, "config">): ((images: StreamImages) => StreamEntry | undefined) => {
  const withJobs = new Set(plugins.filter(hasJobs).map(({ name }) => name));
  return (images) => {
    const queued = queuedJobFromStream(images);
    if (queued !== undefined) return withJobs.has(queued.plugin) ? queued : undefined;
    return changeFromStream(resources, images);
  };
};
