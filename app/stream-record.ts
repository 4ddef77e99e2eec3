import { changeOf, queuedIn, type StreamImages } from "../adapters/store/dynamodb/stream.ts";
import { works } from "../config/running.ts";
import type { Told } from "../core/events/dispatch.ts";
import type { Opening } from "./open.ts";

export type { StreamImages };

/** Reads records of the table's stream. Returns `undefined` for a record that is neither a change nor a queued job. */
export const streamReader = ({
  config: { plugins, resources },
}: Pick<Opening, "config">): ((images: StreamImages) => Told | undefined) => {
  const withJobs = new Set(plugins.filter(works).map(({ name }) => name));
  return (images) => {
    const queued = queuedIn(images);
    if (queued !== undefined) return withJobs.has(queued.plugin) ? queued : undefined;
    return changeOf(resources, images);
  };
};
