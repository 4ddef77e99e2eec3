import { EventBridgeClient, type EventBridgeClientConfig, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PermanentError } from "../../core/events/delivery-errors.ts";
import { toEventResources } from "../../core/events/provenance.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { type Rejection, sendWithRetries } from "../../lib/util/send-with-retries.ts";
import { splitIntoBatches } from "../../lib/util/split-into-batches.ts";

/** Limits of one call. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const LIMITS = { maxItems: 10, maxBytes: 256 * 1024 };
/**
 * Error codes that a retry can fix.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const RETRYABLE_CODES = /^(Throttling|Internal)/;

interface EventBridgeOptions {
  readonly name: string;
  readonly client?: EventBridgeClientConfig;
  /** Returns the cause chain of the current events. Throws when the chain is too long. */
  readonly causes: () => readonly string[];
}

/** Creates a bus that puts events on an EventBridge bus. */
export const createEventBridgeBus = ({ name, client: config = {}, causes }: EventBridgeOptions): Bus => {
  const client = new EventBridgeClient({ maxAttempts: 5, ...config });
  const send = async (entries: readonly Entry[]): Promise<RefusedEntry[]> => {
    const refused: RefusedEntry[] = [];
    for (const batch of splitIntoBatches(entries, measureEntry, LIMITS)) {
      const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: batch }));
      for (const [index, item] of batch.entries()) {
        const { ErrorCode: code, ErrorMessage: message = "" } = results[index] ?? {};
        if (code !== undefined)
          refused.push({ item, reason: `${code}: ${message}`, transient: RETRYABLE_CODES.test(code) });
      }
    }
    return refused;
  };
  return {
    async put(events) {
      const Resources = toEventResources(causes());
      const entries = events.map(({ source, type, detail }) => ({
        EventBusName: name,
        Source: source,
        DetailType: type,
        Detail: JSON.stringify(detail),
        Resources,
      }));
      for (const [index, entry] of entries.entries()) {
        const bytes = measureEntry(entry);
        if (bytes > LIMITS.maxBytes)
          throw new PermanentError(
            `Event ${index} of ${events.length} has ${bytes} bytes; the maximum of a bus is ${LIMITS.maxBytes}`,
          );
      }
      const [first, ...others] = await sendWithRetries(entries, send);
      if (first !== undefined)
        throw new Error(`The bus '${name}' refused ${others.length + 1} of ${events.length} events: ${first.reason}`);
    },
    async close() {
      client.destroy();
    },
  };
};

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Resources: string[];
}

interface RefusedEntry extends Rejection<Entry> {
  readonly reason: string;
}

/**
 * Size of an entry in bytes. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-event-size
 */
const measureEntry = ({ Source, DetailType, Detail, Resources }: Entry): number =>
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
