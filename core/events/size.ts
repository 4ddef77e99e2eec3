import type { QueueMessage } from "../ports/queue.ts";

/** Bytes of a message as SQS counts them: what stands beside the body counts too. */
export const sizeOf = ({ body, attributes = {} }: Pick<QueueMessage, "body" | "attributes">): number =>
  Buffer.byteLength(body) + sizeOfAttributes(attributes);

/** Names, types, values. */
export const sizeOfAttributes = (attributes: Readonly<Record<string, string>>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + "String".length + Buffer.byteLength(value),
    0,
  );
