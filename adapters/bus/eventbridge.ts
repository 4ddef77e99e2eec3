import { EventBridgeClient, type EventBridgeClientConfig, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Bus } from "../../core/bus.ts";
import { inBatches } from "../../core/in-batches.ts";

/** What EventBridge takes in one call. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const LIMITS = { most: 10, bytes: 256 * 1024 };

/** A bus of EventBridge. */
export const openEventBridge = ({ name, client: config = {} }: { name: string; client?: EventBridgeClientConfig }): Bus => {
  const client = new EventBridgeClient({ maxAttempts: 5, ...config });
  return {
    async put(events) {
      const entries = events.map((event) => ({ EventBusName: name, Source: event.source, DetailType: event.type, Detail: JSON.stringify(event.detail) }));
      for (const [place, entry] of entries.entries()) {
        const bytes = sizeOf(entry);
        if (bytes > LIMITS.bytes) throw new RangeError(`Event ${place} of ${events.length} has ${bytes} bytes, and a bus takes ${LIMITS.bytes}`);
      }
      for (const Entries of inBatches(entries, sizeOf, LIMITS)) {
        const { FailedEntryCount = 0, Entries: results = [] } = await client.send(new PutEventsCommand({ Entries }));
        const first = results.find(({ ErrorCode }) => ErrorCode !== undefined);
        if (FailedEntryCount > 0)
          throw new Error(`The bus '${name}' refused ${FailedEntryCount} of ${Entries.length} events: ${first?.ErrorCode}: ${first?.ErrorMessage ?? ""}`);
      }
    },
    async close() {
      client.destroy();
    },
  };
};

/** As EventBridge counts an entry. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-event-size */
const sizeOf = ({ Source, DetailType, Detail }: { Source: string; DetailType: string; Detail: string }): number =>
  Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
