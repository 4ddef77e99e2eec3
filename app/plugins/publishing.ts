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

/** Wraps a listener: its items are published before its delivery is settled. */
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
        // After a failure events are delivered one by one with other items, so these get no records of what was
        // published.
        if (events[0] !== undefined) await publishItems(app, { idempotent: true }, originOf(events[0]), outcome);
      }),
  };
};

/**
 * Sends the items of a listener to every publisher whose filter matches, at the same time. A publisher that fails or
 * hangs does not delay the others. If one fails, the delivery fails and the event is retried; publishers that succeeded are
 * skipped then, unless the listener is idempotent. Of several errors a transient one is thrown first, then the one with
 * the longest requested delay.
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
  const recordsSuccess = publishers.length > 1 && !idempotent;
  const results = await Promise.allSettled(
    publishers.map(async ({ plugin, part, where }) => {
      const matching = where === undefined ? items : items.filter((item) => matchesPattern(where, item));
      if (matching.length === 0) return;
      const name = `${plugin.name}-${part}`;
      const publish = async () => (await app.start(plugin)).publishers[part]?.(structuredClone(matching), origin);
      try {
        await (recordsSuccess ? publishOnce(app, `${origin.listener}#${origin.event_id}#${name}`, publish) : publish());
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
  const [worst] = results
    .flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []))
    .toSorted((a, b) => retryRank(b) - retryRank(a));
  if (worst !== undefined) throw worst;
  return undefined;
};

/** Orders errors: transient errors first, then requested delays in seconds, then permanent errors. */
const retryRank = (error: Error): number =>
  error instanceof RetryAfterError ? error.seconds : isPermanent(error) ? -1 : Number.MAX_VALUE;

/**
 * Publishes and records it, or does nothing if it is recorded. The claim of the event excludes other workers, so no
 * lease is held.
 */
const publishOnce = async ({ store }: AppContext, key: string, publish: () => Promise<void>): Promise<void> => {
  const lease = { owner: randomUUID(), until: 0 };
  if ((await store.claim(key, lease)).kind === "done") return;
  await publish();
  await store.settle(key, lease);
};

/** Reads the items of an outcome. Plugins in JavaScript may return anything. */
const toItems = (outcome: unknown): readonly JsonObject[] => {
  const items = typeof outcome === "object" && outcome !== null && "publish" in outcome ? outcome.publish : undefined;
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new TypeError("`publish` must be a list of JSON objects");
  for (const [index, item] of items.entries()) {
    const path = `publish[${index}]`;
    const issue =
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? findJsonIssue(item, path)
        : `${path} is not an object`;
    if (issue !== undefined) throw new TypeError(`\`publish\` must be a list of JSON objects, but ${issue}`);
  }
  return items as readonly JsonObject[];
};
