import { decodeEvent } from "../core/events/event.ts";
import { decodeBody } from "../core/events/packed.ts";
import { isObject } from "../lib/json.ts";
import { inLine } from "./print.ts";

/** A queue's message in a few words: what happened to what, or which job it is about. */
export const describeMessage = (body: string): string => inLine(described(body));

const described = (body: string): string => {
  try {
    const { action, uri } = decodeEvent(body);
    return `${action} ${uri}`;
  } catch {
    return other(body);
  }
};

const other = (body: string): string => {
  let message: unknown;
  try {
    message = decodeBody(body);
  } catch {
    message = undefined;
  }
  if (!isObject(message)) return "a message that is not Kintoun's";
  if (typeof message.job === "string") return `job ${message.job}`;
  if (typeof message.schedule === "string") return `schedule ${message.schedule}`;
  if (typeof message.source === "string") return `${message["detail-type"] ?? "event"} from ${message.source}`;
  return "a message";
};
