import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { TableChange } from "../../../core/events/change.ts";
import type { QueuedJob } from "../../../core/jobs/job.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";
import type { Resources } from "../../../core/resources.ts";
import { fromItem, type Item, text } from "./items.ts";
import { queuedJobOf } from "./job-items.ts";
import { sentMessageOf } from "./outbox.ts";

/** The images in a stream record's `dynamodb`, as in Lambda events and GetRecords. */
export interface StreamImages {
  readonly OldImage?: Record<string, unknown> | undefined;
  readonly NewImage?: Record<string, unknown> | undefined;
}

/** Returns the message that a stream record sends, or `undefined`. */
export const sentMessageFromStream = ({ NewImage }: StreamImages): QueueMessage | undefined =>
  sentMessageOf(NewImage as Item | undefined);

/** Returns the job that a stream record queues, or `undefined`. */
export const queuedJobFromStream = ({ NewImage }: StreamImages): QueuedJob | undefined =>
  queuedJobOf(NewImage as Item | undefined);

/**
 * Returns the object change in a stream record, or `undefined` for an object of a plugin that is no longer configured.
 */
export const changeFromStream = (
  { parseUri }: Pick<Resources, "parseUri">,
  { OldImage, NewImage }: StreamImages,
): TableChange | undefined => {
  const [before, after] = [OldImage as Item | undefined, NewImage as Item | undefined];
  const item: Record<string, AttributeValue> | undefined = after ?? before;
  const ref = item && parseUri(`${text(item, "pk")}/${text(item, "sk")}`);
  return ref && { ref, before: before && fromItem(before), after: after && fromItem(after) };
};
