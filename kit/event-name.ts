import type { ChangeAction } from "../core/events/event.ts";
import type { EventName } from "../core/events/listener.ts";

/** Events of the store's resources, and of a plugin's own. */
export type OwnEventName<Own extends string> = EventName | `${Own}.${ChangeAction}`;

/** What those see who hear of the named events alone: of `record.create`, something new and nothing old. */
export type EventOf<Name, Event> = Name extends `${infer Resource}.${infer Done}`
  ? Event & { readonly resource_name: Resource; readonly action: Done }
  : never;
