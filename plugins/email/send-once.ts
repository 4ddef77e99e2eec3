import { type Json, type Log, type Mail, type Mailer, type RefusedRecipient, readAddress, type State } from "@kintoun/kit";

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
 * Sends a mail to those who do not have it yet. Rejects when it is to be sent once more, which then leaves out those who have it. Those who are
 * refused for good are told to the log; when all are, it rejects with a `MailRefused`.
 */
export const sendOnce = async ({ mailer, state, now }: Sending, mail: Mail & { readonly id: string }, log: Log): Promise<void> => {
  const known = await state.get(SENT, mail.id);
  const all = [...mail.to, ...(mail.cc ?? []), ...(mail.bcc ?? [])].map(addressOf);
  const done = new Set<unknown>(Array.isArray(known) ? known : []);
  const left = all.filter((address) => !done.has(address));
  if (left.length === 0) return;
  const { refused } = await mailer.send(done.size === 0 ? mail : { ...mail, only: left });
  const later = new Set(refused.filter(({ forGood }) => !forGood).map(({ address }) => addressOf(address)));
  const over: Json = all.filter((address) => !later.has(address));
  await state.put(SENT, mail.id, over, { expires: now() + KNOWN });
  for (const one of refused) if (one.forGood) log.error("A recipient is refused for good", factsOf(mail.id, one));
  const [first] = refused.filter(({ forGood }) => !forGood);
  if (first !== undefined) throw new Error(`${later.size} of ${all.length} recipients are refused for now; ${first.address}: ${first.reason}`);
};

const factsOf = (mail: string, { address, reason }: RefusedRecipient) => ({ mail, address, reason });

const addressOf = (text: string): string => (readAddress(text)?.address ?? text).toLowerCase();
