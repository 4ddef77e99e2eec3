import { type ChangeEvent, type Data, type Log, MailRefusedError } from "@kintoun/kit";
import type { Digests } from "./digests.ts";
import { type Hook, valuesOf } from "./hook.ts";
import { matchesHook } from "./listens.ts";
import { hooksOfCollection } from "./metadata.ts";
import type { Options } from "./options.ts";
import { hourOf } from "./per-hour.ts";
import { recipientsOf } from "./recipients.ts";
import { type Sending, sendOnce } from "./send-once.ts";
import { idOf, wordsOf } from "./words.ts";

export interface Services extends Sending {
  readonly data: Data;
  readonly digests: Digests;
}

/** Tells an event by each hook that hears of it. Rejects when a mail is to be tried again, once the others are sent. */
export const notify = async (event: ChangeEvent, options: Options, services: Services, log: Log): Promise<void> => {
  const values = valuesOf(event, options);
  const bounds = options.ofCollections;
  const hooks: Hook[] = options.hooks.filter((hook) => matchesHook(hook, event));
  if (bounds !== undefined) hooks.push(...(await hooksOfCollection(event, values, services.data, bounds)));
  const failures: unknown[] = [];
  for (const hook of hooks) {
    try {
      await tell(hook, { event, values, from: options.from }, services, log);
    } catch (error) {
      failures.push(error);
    }
  }
  // What may still succeed comes first: what is refused for good is not tried again.
  const [worst] = failures.toSorted((a, b) => Number(isForGood(a)) - Number(isForGood(b)));
  if (worst !== undefined) throw worst;
};

const isForGood = (error: unknown): boolean => error instanceof MailRefusedError && error.permanent;

const tell = async (
  hook: Hook,
  { event, values, from }: { readonly event: ChangeEvent; readonly values: object; readonly from: string },
  services: Services,
  log: Log,
): Promise<void> => {
  const recipients = await recipientsOf(hook, values, services.data, log);
  if (recipients === undefined) return log.info("A hook has nobody to mail to", { hook: hook.id });
  if (hook.digest !== undefined)
    return services.digests.note(hook.id, hook.digest, recipients, {
      id: event.id,
      timestamp: event.timestamp,
      values,
    });
  const send = () =>
    sendOnce(services, { from, ...recipients, ...wordsOf(hook, values), id: idOf(event.id, hook.id) }, log);
  if (hook.bounds === undefined) return send();
  const hour = hourOf(services, event.bucket_id ?? "");
  const count = recipients.to.length + recipients.cc.length + recipients.bcc.length;
  if (!(await hour.take(count, hook.bounds.perHour))) {
    return log.warn("The hooks of a bucket have mailed as many as they may within an hour", {
      hook: hook.id,
      bucket: event.bucket_id,
    });
  }
  try {
    await send();
  } catch (error) {
    await hour.giveBack(count);
    throw error;
  }
};
