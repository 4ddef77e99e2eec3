import * as z from "zod";
import { isMessageId } from "./hook.ts";

/** What routes, actions and commands are given. */
const hook = z.string().describe("the id of the webhook");
const delivery = z.string().refine(isMessageId, "It is the id of no delivery").describe("the id of the delivery");

export const page = z.object({
  query: z.object({ limit: z.int().min(1).max(100).default(30), before: delivery.optional() }),
});
export const ofHook = z.strictObject({ hook });
export const ofDelivery = z.strictObject({ hook, delivery });
export const rotation = z.strictObject({
  hook,
  hours: z.number().min(0).max(168).default(24).describe("for how long messages are signed by the old one too"),
});
export const latest = z.strictObject({ hook, limit: z.int().min(1).max(1000).default(30) });
