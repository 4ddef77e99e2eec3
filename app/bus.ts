import type { Bus } from "../core/ports/bus.ts";
import type { Cloud } from "./cloud.ts";

/**
 * Creates an EventBridge bus, or one of the embedded cloud.
 *
 * @param causes Returns the cause chain of the running code. It is sent with each event.
 */
export const createBus = async (
  { eventbridge }: Cloud,
  name: string,
  causes: () => readonly string[] = () => [],
): Promise<Bus> => {
  const { createEventBridgeBus } = await import("../adapters/bus/eventbridge.ts");
  return createEventBridgeBus({ name, causes, ...(eventbridge && { client: eventbridge }) });
};
