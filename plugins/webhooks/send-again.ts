import { type JsonObject, refuse } from "@kintoun/kit";
import type { Attempt, Delivery } from "./delivery-log.ts";
import type { Hook } from "./hook.ts";
import { pingMessage } from "./payload.ts";
import type { Sending } from "./sender.ts";
import type { Services } from "./services.ts";

/** Sends once more what a hook's log holds, under the same id. */
export const resend = async (
  { sender, deliveries }: Services,
  hook: Hook,
  id: string,
  sending: Sending,
): Promise<JsonObject> => {
  const known = await deliveries.get(hook, id);
  if (known === undefined) throw refuse(404, "The log has no such delivery.");
  const { body } = known;
  if (body === undefined) throw refuse(400, "What was sent was too large to be kept, and can't be sent again.");
  return outcomeOf(await sender.sendOnce(hook, { ...known, body }, sending));
};

/** Sends a message to see whether it is taken. @param of a name that no other ping has */
export const ping = async ({ sender, now }: Services, hook: Hook, of: string, sending: Sending): Promise<JsonObject> =>
  outcomeOf(await sender.sendOnce(hook, pingMessage(hook, of, now()), sending));

/** What the last attempt came to, whatever became of the message before. */
const outcomeOf = ({ id, attempts }: Delivery): JsonObject => {
  const { status, error } = attempts.at(-1) as Attempt;
  return { delivery: id, delivered: error === null, status, error };
};
