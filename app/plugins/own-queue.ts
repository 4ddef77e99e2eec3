import { randomUUID } from "node:crypto";
import { pluginInbound } from "../../config/listeners.ts";
import { UserError } from "../../config/user-error.ts";
import { encodeBody } from "../../core/events/message-body.ts";
import { CAUSES_ATTRIBUTE, toOutgoingCauses } from "../../core/events/provenance.ts";
import type { QueueMessage } from "../../core/ports/queue.ts";
import type { PluginNeed, QueueNeed } from "../../kit/need.ts";
import type { OwnMessage, OwnQueue } from "../../kit/own-queue.ts";
import { describeIssues, type StandardSchema } from "../../kit/schema.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { findJsonIssue } from "../../lib/json-issue.ts";
import type { AppContext } from "../app-context.ts";
import { requireJoinedWriter } from "./hook-run.ts";

const MAX_MESSAGES = 1000;
/** Less than an item of the table, which carries a message of a transaction. */
const MAX_MESSAGE_BYTES = 250_000;
/** Maximum delay of a message in SQS. */
const MAX_DELAY_SECONDS = 900;
const MAX_ID_CHARS = 255;

/** Passes messages on, in order. Rejects if one of them is not accepted. */
type SendMessages = (messages: readonly QueueMessage[]) => Promise<void>;

/** Creates a plugin's access to the queue of its own inbound part. */
export const createOwnQueue = (app: AppContext, need: QueueNeed<unknown> & PluginNeed): OwnQueue<never> =>
  toOwnQueue(app, need, async (messages) => {
    const join = requireJoinedWriter(app.hookRuns.getStore());
    if (join !== undefined)
      return join({ objects: [], clocks: [], writes: [] }, async ({ view }) => {
        for (const message of messages) view.addToOutbox({ message });
      });
    const refused = await (await app.queues()).send(messages);
    if (refused.length > 0)
      throw new Error(
        `The queue '${need.plugin}-${need.part}' did not accept ${refused.length} of ${messages.length} messages. Send them again later.`,
      );
  });

/** Creates a queue that checks messages, and passes them on. */
export const toOwnQueue = (
  app: AppContext,
  { plugin, part }: QueueNeed<unknown> & PluginNeed,
  send: SendMessages,
): OwnQueue<never> => {
  const inbound = pluginInbound(app.config.plugins).find((one) => one.plugin.name === plugin && one.part === part);
  if (inbound === undefined) throw new UserError([`The plugin '${plugin}' has no inbound part '${part}'.`]);
  const { name: queue, schema } = inbound;
  const { ordered } = inbound.queue;
  return {
    send: async (messages: readonly OwnMessage<never>[]) => {
      if (messages.length > MAX_MESSAGES)
        throw new TypeError(`${messages.length} messages are too many: send at most ${MAX_MESSAGES} at once.`);
      const causes = toOutgoingCauses(app.provenances.getStore());
      const attributes = causes.length > 0 ? { [CAUSES_ATTRIBUTE]: causes.join(",") } : {};
      const toSend: QueueMessage[] = [];
      for (const [index, message] of messages.entries()) {
        const path = `messages[${index}]`;
        const issue = findOptionIssue(message, ordered) ?? (await findDetailIssue(schema, message.detail));
        if (issue !== undefined) throw new TypeError(`${path}${issue}`);
        const body = encodeBody(message.detail);
        const bytes = Buffer.byteLength(body);
        if (bytes > MAX_MESSAGE_BYTES)
          throw new TypeError(`${path} has ${bytes} bytes of JSON; the maximum is ${MAX_MESSAGE_BYTES}.`);
        const { delaySeconds, group = queue, id = randomUUID() } = message;
        toSend.push({
          queue,
          body,
          attributes,
          ...(ordered ? { group, id } : delaySeconds !== undefined && { delaySeconds }),
        });
      }
      if (toSend.length > 0) await send(toSend);
    },
  };
};

const findOptionIssue = ({ delaySeconds, group, id }: OwnMessage<never>, ordered: boolean): string | undefined => {
  if (ordered && delaySeconds !== undefined)
    return ".delaySeconds cannot be used: an ordered part delays all its messages equally, by its `delay`.";
  if (!ordered && (group !== undefined || id !== undefined))
    return `.${group === undefined ? "id" : "group"} needs an ordered part. Add \`ordered: true\` to the inbound part.`;
  if (
    delaySeconds !== undefined &&
    !(Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS)
  )
    return `.delaySeconds must be a whole number from 0 to ${MAX_DELAY_SECONDS}.`;
  for (const [name, value] of Object.entries({ group, id }))
    if (value !== undefined && (value.length === 0 || value.length > MAX_ID_CHARS))
      return `.${name} must have 1 to ${MAX_ID_CHARS} characters.`;
  return undefined;
};

const findDetailIssue = async (schema: StandardSchema | undefined, detail: Json): Promise<string | undefined> => {
  const issue = findJsonIssue(detail, ".detail");
  if (issue !== undefined) return `: ${issue}`;
  if (schema === undefined) return undefined;
  const result = await schema["~standard"].validate(detail);
  if (result.issues === undefined) return undefined;
  const issues = describeIssues(result.issues, isObject(detail) ? detail : {}).map(
    ({ steps, description }) => `${["detail", ...steps].join(".")}: ${description}`,
  );
  return ` does not match the schema of the inbound part: ${issues.join("; ")}`;
};
