import type { _Record } from "@aws-sdk/client-dynamodb-streams";
import { changeFromStream } from "../adapters/store/dynamodb/stream.ts";
import type { Config } from "../config/config.ts";
import { toChangeEvents } from "../core/events/change.ts";
import type { ChangeEvent } from "../core/events/event.ts";

/** The events that a record of the table's stream is; none for what is no object's change. Throws for what can't be understood. */
export const eventsOfRecord = (
  { resources }: Pick<Config, "resources">,
  { dynamodb = {} }: Pick<_Record, "dynamodb">,
): readonly ChangeEvent[] => {
  const change = changeOf(resources, dynamodb as Parameters<typeof changeOf>[1]);
  return change === undefined ? [] : toChangeEvents(change);
};
