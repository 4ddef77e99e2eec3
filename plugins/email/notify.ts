import { type ChangeEvent, type Data, type Log, MailRefusedError } from "@kintoun/kit";
import { findCollectionHooks } from "./collection-hooks.ts";
import type { Digests } from "./digests.ts";
import { matchesHook } from "./filters.ts";
import type { Hook, Options } from "./options.ts";
import { resolveRecipients } from "./recipients.ts";
import { type MailServices, openHourlyQuota, sendOnce } from "./sending.ts";
import { fillMail, hashId, templateValues } from "./templates.ts";

export interface Services extends MailServices {
  readonly data: Data;
  readonly digests: Digests;
}

/**
 * Runs each hook that matches an event. If one fails, runs the others first and then rejects, so that it is retried.
 */
export const notify = async (event: ChangeEvent, options: Options, services: Services, log: Log): Promise<void> => {
  const values = templateValues(event, options);
  const limits = options.collectionHooks;
  const hooks: Hook[] = options.hooks.filter((hook) => matchesHook(hook, event));
  if (limits !== undefined) hooks.push(...(await findCollectionHooks(event, values, services.data, limits)));
  const failures: unknown[] = [];
  for (const hook of hooks) {
    try {
      await runHook(hook, { event, values, from: options.from }, services, log);
    } catch (error) {
      failures.push(error);
    }
  }
  // A permanent failure is not retried, so a temporary one goes first.
  const [failure] = failures.toSorted((a, b) => Number(isPermanent(a)) - Number(isPermanent(b)));
  if (failure !== undefined) throw failure;
};

const isPermanent = (error: unknown): boolean => error instanceof MailRefusedError && error.permanent;

const runHook = async (
  hook: Hook,
  { event, values, from }: { readonly event: ChangeEvent; readonly values: object; readonly from: string },
  services: Services,
  log: Log,
): Promise<void> => {
  const recipients = await resolveRecipients(hook, values, services.data, log);
  if (recipients === undefined) return log.info("A hook has no recipients for this event", { hook: hook.id });
  if (hook.digest !== undefined)
    return services.digests.add(hook.id, hook.digest, recipients, {
      id: event.id,
      timestamp: event.timestamp,
      values,
    });
  const send = () =>
    sendOnce(services, { from, ...recipients, ...fillMail(hook, values), id: hashId(event.id, hook.id) }, log);
  if (hook.limits === undefined) return send();
  const quota = openHourlyQuota(services, event.bucket_id ?? "");
  const count = recipients.to.length + recipients.cc.length + recipients.bcc.length;
  if (!(await quota.take(count, hook.limits.recipientsPerHour))) {
    return log.warn("The hooks of a bucket have reached the maximum number of recipients per hour", {
      hook: hook.id,
      bucket: event.bucket_id,
    });
  }
  try {
    await send();
  } catch (error) {
    await quota.giveBack(count);
    throw error;
  }
};
