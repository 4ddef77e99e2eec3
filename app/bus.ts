import type { Bus } from "../core/ports/bus.ts";
import type { Cloud } from "./cloud.ts";

/** A bus of EventBridge, or of the embedded cloud. @param causes what led to what is put there at the moment */
export const createBus = async (
  { eventbridge }: Cloud,
  name: string,
  causes: () => readonly string[] = () => [],
): Promise<Bus> => {
  const { createEventBridgeBus } = await import("../adapters/bus/eventbridge.ts");
  return createEventBridgeBus({ name, causes, ...(eventbridge && { client: eventbridge }) });
};
