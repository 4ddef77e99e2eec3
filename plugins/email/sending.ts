import {
  type Json,
  type Log,
  MAX_RECIPIENTS,
  type Mail,
  type Mailer,
  MailRefusedError,
  parseMailAddress,
  type RejectedRecipient,
  type State,
} from "@kintoun/kit";

/** The plugin's list of the recipients who have each mail, by mail id. */
const SENT_LIST = "sent";
/** 28 days: as long as a message can stay in its queue and then in the dead-letter queue. */
const SENT_RETENTION_MS = 28 * 24 * 3600_000;
/** The plugin's list of recipient counts, by bucket and hour. */
const HOURLY_COUNTS = "mailed";
const HOUR_MS = 3600_000;

export interface MailServices {
  readonly mailer: Mailer;
  readonly state: State;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Sends a mail to the recipients who do not have it yet, in parts of {@link MAX_RECIPIENTS}.
 *
 * Rejects if the mail should be sent again; the next call leaves out those who have it. Logs recipients that are
 * refused permanently. Rejects with a `MailRefusedError` if all are.
 */
export const sendOnce = async (
  { mailer, state, now }: MailServices,
  mail: Mail & { readonly id: string },
  log: Log,
): Promise<void> => {
  const sent = await state.get(SENT_LIST, mail.id);
  const finished = new Set<Json>(Array.isArray(sent) ? sent : []);
  const all = [...mail.to, ...(mail.cc ?? []), ...(mail.bcc ?? [])].map(normalizeAddress);
  const remaining = all.filter((address) => !finished.has(address));
  const saveFinished = () => state.put(SENT_LIST, mail.id, [...finished], { expires: now() + SENT_RETENTION_MS });
  const rejected: RejectedRecipient[] = [];
  let refusal: MailRefusedError | undefined;
  for (let from = 0; from < remaining.length; from += MAX_RECIPIENTS) {
    const only = remaining.slice(from, from + MAX_RECIPIENTS);
    try {
      rejected.push(...(await mailer.send({ ...mail, only })).rejected);
    } catch (error) {
      if (!(error instanceof MailRefusedError)) throw error;
      refusal = error;
      const { message: reason, permanent } = error;
      rejected.push(...(error.rejected ?? only.map((address) => ({ address, reason, permanent }))));
    }
    const without = new Set(rejected.map(({ address }) => normalizeAddress(address)));
    for (const address of only) if (!without.has(address)) finished.add(address);
    await saveFinished();
  }
  const permanent = rejected.filter((one) => one.permanent);
  if (refusal !== undefined && permanent.length === all.length) throw refusal;
  for (const { address, reason } of permanent) {
    log.error("The mail server refused a recipient permanently", { mail: mail.id, address, reason });
    finished.add(normalizeAddress(address));
  }
  if (permanent.length > 0) await saveFinished();
  const temporary = rejected.filter((one) => !one.permanent);
  const [first] = temporary;
  if (first !== undefined)
    throw new Error(
      `The mail server refused ${temporary.length} of ${all.length} recipients temporarily. ${first.address}: ${first.reason}`,
    );
};

const normalizeAddress = (text: string): string => (parseMailAddress(text)?.address ?? text).toLowerCase();

/**
 * The number of recipients that a bucket's hooks may still mail within this hour. Without this limit an import by
 * someone who can write a collection could use up the operator's sending quota.
 */
export const openHourlyQuota = ({ state, now }: MailServices, bucket: string) => {
  const hour = Math.floor(now() / HOUR_MS);
  const change = (update: (before: number) => number | undefined) =>
    state.change(HOURLY_COUNTS, `${bucket}#${hour}`, (before) => update(typeof before === "number" ? before : 0), {
      expires: (hour + 2) * HOUR_MS,
    });
  return {
    /** Takes recipients from the quota. Resolves to `false`, and takes none, if it is too small. */
    take: async (recipients: number, max: number): Promise<boolean> => {
      let fits = false;
      await change((before) => {
        fits = before + recipients <= max;
        return fits ? before + recipients : undefined;
      });
      return fits;
    },
    /** Returns recipients to the quota after a failure, so that the mail can be sent again. */
    giveBack: async (recipients: number): Promise<void> =>
      void (await change((before) => Math.max(before - recipients, 0))),
  };
};
