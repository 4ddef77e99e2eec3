import { randomUUID } from "node:crypto";
import { publishersOf } from "../../config/plugin-placement.ts";
import { redactMessage } from "../../core/errors.ts";
import { isPermanent, PermanentError, RetryAfterError } from "../../core/events/delivery-errors.ts";

import type { HandlerOutcome, Listener, ListenerOutcome } from "../../core/events/listener.ts";
import type { ListenerInstance } from "../../kit/parts/listeners.ts";
import type { PublishOrigin } from "../../kit/parts/publishers.ts";
import { matchesPattern } from "../../lib/filter-pattern.ts";
import type { JsonObject } from "../../lib/json.ts";
import { findJsonIssue } from "../../lib/json-issue.ts";
import { toError } from "../../lib/util/to-error.ts";
import type { AppContext } from "../app-context.ts";

/** A plugin's listener, whose items are told on before its delivery counts as done. */
export const withPublishing = (
  app: AppContext,
  { name, idempotent }: { readonly name: string; readonly idempotent: boolean },
  { run, runBatch }: ListenerInstance,
): Pick<Listener, "run" | "runBatch"> => {
  const originOf = ({ id, request_id }: { readonly id: string; readonly request_id?: string }): PublishOrigin => ({
    listener: name,
    event_id: id,
    ...(request_id !== undefined && { request_id }),
  });
  return {
    run: async (event, context) => publishItems(app, { idempotent }, originOf(event), await run(event, context)),
    runBatch:
      runBatch &&
      (async (events, context) => {
        const outcome = await runBatch(events, context);
        // Where it fails, each event comes alone, with items of its own: no marks of these would fit.
        if (events[0] !== undefined) await publishItems(app, { idempotent: true }, originOf(events[0]), outcome);
      }),
  };
};

/**
 * Hands what a part of a plugin has to tell to each publisher that takes it, side by side: one that fails, or hangs, holds no other up.
 * Rejects where one failed: the event comes again, and those that took its items are left out, unless repetitions of it are said to do no harm. Of several
 * failures the first is told that another try may mend; else, where some want the items later, the wish of the one that wants them last.
 */
export const publishItems = async (
  app: AppContext,
  { idempotent }: { readonly idempotent: boolean },
  origin: PublishOrigin,
  outcome: ListenerOutcome,
): Promise<HandlerOutcome> => {
  if (outcome === "requeue") return outcome;
  const items = toItems(outcome);
  const publishers = publishersOf(app.config.plugins, origin.listener);
  const marked = publishers.length > 1 && !idempotent;
  const told = await Promise.allSettled(
    publishers.map(async ({ plugin, part, where }) => {
      const taken = where === undefined ? items : items.filter((item) => matchesPattern(where, item));
      if (taken.length === 0) return;
      const name = `${plugin.name}-${part}`;
      const tell = async () => (await app.start(plugin)).publishers[part]?.(structuredClone(taken), origin);
      try {
        await (marked ? publishOnce(app, `${origin.listener}#${origin.event_id}#${name}`, tell) : tell());
      } catch (error) {
        if (error instanceof RetryAfterError) throw error;
        app.log.error("A publisher failed", {
          publisher: name,
          listener: origin.listener,
          event_id: origin.event_id,
          error,
        });
        const message = `The publisher '${name}' failed: ${redactMessage(toError(error))}`;
        throw isPermanent(error) ? new PermanentError(message, { cause: error }) : new Error(message, { cause: error });
      }
    }),
  );
  const [worst] = told
    .flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []))
    .toSorted((a, b) => retryRank(b) - retryRank(a));
  if (worst !== undefined) throw worst;
  return undefined;
};

/** Seconds; of a failure as if without end, and of one that no other try mends none. */
const retryRank = (error: Error): number =>
  error instanceof RetryAfterError ? error.seconds : isPermanent(error) ? -1 : Number.MAX_VALUE;

/** Notes that it is done, and does it no more. The event's own claim keeps others away meanwhile, so that this one holds nobody up. */
const publishOnce = async ({ store }: AppContext, key: string, tell: () => Promise<void>): Promise<void> => {
  const lease = { owner: randomUUID(), until: 0 };
  if ((await store.claim(key, lease)).kind === "done") return;
  await tell();
  await store.settle(key, lease);
};

/** A part that is not typed may return anything. */
const toItems = (outcome: unknown): readonly JsonObject[] => {
  const items = typeof outcome === "object" && outcome !== null && "publish" in outcome ? outcome.publish : undefined;
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new TypeError("What is to be published is no list of items");
  for (const [place, item] of items.entries()) {
    const path = `publish[${place}]`;
    const flaw =
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? findJsonIssue(item, path)
        : `${path} is no object`;
    if (flaw !== undefined) throw new TypeError(`What is to be published is a list of JSON objects, and ${flaw}`);
  }
  return items as readonly JsonObject[];
};
