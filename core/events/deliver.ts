import type { Log } from "../ports/log.ts";
import { type ChangeEvent, decodeEvent } from "./event.ts";
import { type IdempotencyContext, runIdempotently } from "./idempotency.ts";
import type { Listener } from "./listener.ts";
import { extendCauseChain, type Provenance } from "./provenance.ts";
import {
  type DeliveryObserver,
  type HandlerLimits,
  type HandlerResult,
  type ReceivedMessage,
  runWithTimeLimit,
} from "./queue-handler.ts";

export interface DeliveryContext extends IdempotencyContext, DeliveryObserver {
  readonly listener: Listener;
  readonly log: Log;
  /** Runs a function whose changes get this provenance. */
  readonly runWithProvenance: <T>(provenance: Provenance, run: () => T) => T;
}

/** Delivers one message to its listener, with its effect only once. Rejects when the listener failed. */
export const deliverEvent = async (
  context: DeliveryContext,
  { body, sentAt }: Pick<ReceivedMessage, "body" | "sentAt">,
  limits: HandlerLimits,
): Promise<HandlerResult> => {
  const { listener } = context;
  const event = decodeEvent(body);
  context.addLogContext(toLogFields(event));
  const log = context.log.with(toLogFields(event));
  const run = async () => {
    const startedAt = Date.now();
    const outcome = await runWithTimeLimit(
      `The listener ${listener.name}`,
      limits.budgetMs,
      (signal) =>
        context.runWithProvenance(extendCauseChain(listener.name, event), () => listener.run(event, { log, signal })),
      limits.closing,
    );
    if (outcome === undefined) context.recordDelivered([sentAt], startedAt);
    return outcome;
  };
  return listener.idempotent ? run() : runIdempotently({ ...context, log }, toClaimKey(listener, event), limits, run);
};

/** Returns the key of the idempotency record of an event and a listener. */
export const toClaimKey = ({ name }: Listener, { id }: ChangeEvent): string => `${name}#${id}`;

const toLogFields = ({ id, request_id }: ChangeEvent) => ({
  event_id: id,
  ...(request_id !== undefined && { request_id }),
});
