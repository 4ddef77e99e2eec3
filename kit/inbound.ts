import type { ListenerOutcome } from "../core/events/listener.ts";
import type { InboundMessage } from "../core/inbound.ts";
import type { Json } from "../lib/json.ts";
import type { EventSource } from "./event-source.ts";
import type { DeliveryContext } from "./listener.ts";
import type { QueueOptions } from "./queue-options.ts";
import type { StandardSchema } from "./schema.ts";

/** Takes in what happens outside of the store, on a queue of its own; when it throws, it is called again later, and after some tries the message is parked. */
export interface InboundDefinition<Detail, Config, Services> extends QueueOptions {
  /** One sentence. */
  readonly about: string;
  /** Events that a bus brings it: `need.events({ source: ["compute"] })`. Without it there is a queue that others send to. */
  readonly from?: EventSource | ((config: Config) => EventSource | undefined);
  /** What `detail` must be; what is not is parked, and not tried again. Anything when absent. */
  readonly schema?: StandardSchema<unknown, Detail>;
  /** True where a repetition does no harm: spares the record that keeps repetitions away. */
  readonly idempotent?: boolean;
  readonly run: (
    message: InboundMessage<DetailOf<Detail>>,
    tools: DeliveryContext<Config, Services>,
  ) => Promise<ListenerOutcome> | ListenerOutcome;
}

/** Of what no schema describes, it is known that it is JSON. */
type DetailOf<Detail> = unknown extends Detail ? Json : Detail;
