import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { TableChange } from "../../../core/events/change.ts";
import type { QueuedJob } from "../../../core/jobs/job.ts";
import type { Resources } from "../../../core/resources.ts";
import { fromItem, type Item, text } from "./items.ts";
import { queuedJobOf } from "./job-items.ts";

/** What a stream record's `dynamodb` says of one item, as Lambda and GetRecords hand it over. */
export interface StreamImages {
  readonly OldImage?: Record<string, unknown> | undefined;
  readonly NewImage?: Record<string, unknown> | undefined;
}

/** The job that a stream record tells was queued; `undefined` when it is about none. */
export const queuedJobFromStream = ({ NewImage }: StreamImages): QueuedJob | undefined =>
  queuedJobOf(NewImage as Item | undefined);

/** The change of an object that a stream record tells of; `undefined` for what a plugin brought that is no longer there. */
export const changeFromStream = (
  { parseUri }: Pick<Resources, "parseUri">,
  { OldImage, NewImage }: StreamImages,
): TableChange | undefined => {
  const [before, after] = [OldImage as Item | undefined, NewImage as Item | undefined];
  const item: Record<string, AttributeValue> | undefined = after ?? before;
  const ref = item && parseUri(`${text(item, "pk")}/${text(item, "sk")}`);
  return ref && { ref, before: before && fromItem(before), after: after && fromItem(after) };
};
