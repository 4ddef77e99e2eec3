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

/** How long it is known who has a mail, in ms: as long as a message may stay in its queue, and in the one beside it. */
const KNOWN = 28 * 24 * 3600_000;

/** Who has which mail already, by the mail's id. */
const SENT = "sent";

export interface Sending {
  readonly mailer: Mailer;
  readonly state: State;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Sends a mail to those who do not have it yet, to so many at once as one mail may have. Rejects when it is to be sent once more, which then leaves
 * out those who have it. Those who are refused for good are told to the log; when all are, it rejects with a `MailRefused`.
 */
export const sendOnce = async (
  { mailer, state, now }: Sending,
  mail: Mail & { readonly id: string },
  log: Log,
): Promise<void> => {
  const known = await state.get(SENT, mail.id);
  const over = new Set<Json>(Array.isArray(known) ? known : []);
  const all = [...mail.to, ...(mail.cc ?? []), ...(mail.bcc ?? [])].map(addressOf);
  const left = all.filter((address) => !over.has(address));
  const note = () => state.put(SENT, mail.id, [...over], { expires: now() + KNOWN });
  const refused: RejectedRecipient[] = [];
  let nobody: MailRefusedError | undefined;
  for (let from = 0; from < left.length; from += MAX_RECIPIENTS) {
    const only = left.slice(from, from + MAX_RECIPIENTS);
    try {
      refused.push(...(await mailer.send({ ...mail, only })).rejected);
    } catch (error) {
      if (!(error instanceof MailRefusedError)) throw error;
      nobody = error;
      refused.push(...only.map((address) => ({ address, reason: error.message, permanent: error.permanent })));
    }
    const without = new Set(refused.map(({ address }) => addressOf(address)));
    for (const address of only) if (!without.has(address)) over.add(address);
    await note();
  }
  const forGood = refused.filter((one) => one.permanent);
  if (nobody !== undefined && forGood.length === all.length) throw nobody;
  for (const { address, reason } of forGood) {
    log.error("A recipient is refused for good", { mail: mail.id, address, reason });
    over.add(addressOf(address));
  }
  if (forGood.length > 0) await note();
  const later = refused.filter((one) => !one.permanent);
  const [first] = later;
  if (first !== undefined)
    throw new Error(
      `${later.length} of ${all.length} recipients are refused for now; ${first.address}: ${first.reason}`,
    );
};

const addressOf = (text: string): string => (parseMailAddress(text)?.address ?? text).toLowerCase();
