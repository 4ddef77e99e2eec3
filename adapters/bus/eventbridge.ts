import { EventBridgeClient, type EventBridgeClientConfig, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { toResources } from "../../core/events/carried-causes.ts";
import { Refused } from "../../core/events/for-good.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { handOver, type Refusal } from "../../lib/util/hand-over.ts";
import { inBatches } from "../../lib/util/in-batches.ts";

/** What EventBridge takes in one call. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const LIMITS = { most: 10, bytes: 256 * 1024 };
/** Codes of entries that would be taken at another time. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html */
const PASSING = /^(Throttling|Internal)/;

interface EventBridgeBus {
  readonly name: string;
  readonly client?: EventBridgeClientConfig;
  /** What led to the events that are put at the moment; throws where nothing more may come of that. */
  readonly causes: () => readonly string[];
}

/** A bus of EventBridge. */
export const openEventBridge = ({ name, client: config = {}, causes }: EventBridgeBus): Bus => {
  const client = new EventBridgeClient({ maxAttempts: 5, ...config });
  const send = async (entries: readonly Entry[]): Promise<RefusedEntry[]> => {
    const refused: RefusedEntry[] = [];
    for (const batch of inBatches(entries, sizeOf, LIMITS)) {
      const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: batch }));
      for (const [place, item] of batch.entries()) {
        const { ErrorCode: code, ErrorMessage: reason = "" } = results[place] ?? {};
        if (code !== undefined) refused.push({ item, why: `${code}: ${reason}`, passing: PASSING.test(code) });
      }
    }
    return refused;
  };
  return {
    async put(events) {
      const Resources = toResources(causes());
      const entries = events.map(({ source, type, detail }) => ({
        EventBusName: name,
        Source: source,
        DetailType: type,
        Detail: JSON.stringify(detail),
        Resources,
      }));
      for (const [place, entry] of entries.entries()) {
        const bytes = sizeOf(entry);
        if (bytes > LIMITS.bytes)
          throw new Refused(`Event ${place} of ${events.length} has ${bytes} bytes, and a bus takes ${LIMITS.bytes}`);
      }
      const [first, ...others] = await handOver(entries, send);
      if (first !== undefined)
        throw new Error(`The bus '${name}' refused ${others.length + 1} of ${events.length} events: ${first.why}`);
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

interface RefusedEntry extends Refusal<Entry> {
  readonly why: string;
}

/** As EventBridge counts an entry. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-event-size */
const sizeOf = ({ Source, DetailType, Detail, Resources }: Entry): number =>
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
