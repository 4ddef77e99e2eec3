import type { Bus } from "../core/bus.ts";
import type { Cloud } from "./cloud.ts";

/** A bus of EventBridge, or of the embedded cloud. */
export const openBus = async ({ eventbridge }: Cloud, name: string): Promise<Bus> => {
  const { openEventBridge } = await import("../adapters/bus/eventbridge.ts");
  return openEventBridge({ name, ...(eventbridge && { client: eventbridge }) });
};
