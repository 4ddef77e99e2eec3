import {
  type Data,
  domainOf,
  fillTemplate,
  formatMailAddress,
  type Log,
  type MailAddress,
  matchesAny,
  parseMailAddress,
  toDisplayName,
} from "@kintoun/kit";
import { type Hook, isGroupTemplate, isGroupUri } from "./options.ts";

/** Maximum number of recipients of one hook and event, in several mails where needed. */
const MAX_RECIPIENTS_PER_EVENT = 500;

export interface Recipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: readonly string[];
}

/** The recipients of a hook's mail, without duplicates; `undefined` if there are none. Logs what it leaves out. */
export const resolveRecipients = async (
  hook: Hook,
  values: object,
  data: Data,
  log: Log,
): Promise<Recipients | undefined> => {
  const seen = new Set<string>();
  const leftOut: string[] = [];
  const resolveAll = async (texts: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const text of texts) {
      for (const one of await resolveRecipient(text, values, data)) {
        const address = parseMailAddress(one);
        if (address === undefined || !isAllowedAddress(hook, address)) leftOut.push(text);
        else if (!seen.has(address.address.toLowerCase())) {
          seen.add(address.address.toLowerCase());
          if (seen.size <= MAX_RECIPIENTS_PER_EVENT) found.push(one);
        }
      }
    }
    return found;
  };
  const [to, cc, bcc] = [await resolveAll(hook.recipients), await resolveAll(hook.cc), await resolveAll(hook.bcc)];
  if (leftOut.length > 0)
    log.warn("Left out recipients of a mail: not a mail address, or not in an allowed domain", {
      hook: hook.id,
      recipients: leftOut.slice(0, 10),
    });
  if (seen.size > MAX_RECIPIENTS_PER_EVENT)
    log.warn("A mail has too many recipients", {
      hook: hook.id,
      recipients: seen.size,
      sent: MAX_RECIPIENTS_PER_EVENT,
    });
  seen.clear();
  return to.length === 0 ? undefined : { to, cc, bcc, replyTo: await resolveAll(hook.replyTo) };
};

/** The addresses that a recipient stands for. Only the template can name a group; a value of the event cannot. */
const resolveRecipient = async (text: string, values: object, data: Data): Promise<readonly string[]> => {
  if (!isGroupTemplate(text)) return [fillRecipient(text, values)];
  const uri = fillTemplate(text, values);
  if (!isGroupUri(uri)) return [];
  const members = (await data.get(uri))?.data.members;
  return Array.isArray(members) ? members.flatMap(memberAddress) : [];
};

/** Fills name and address of a template separately, so that no name can be taken for a part of the address. */
const fillRecipient = (template: string, values: object): string => {
  const [, name, address = template] = /^([^<>]*)<([^<>]*)>\s*$/.exec(template) ?? [];
  const filled = fillTemplate(address, values);
  const parsed = parseMailAddress(filled);
  if (parsed === undefined) return filled;
  return formatMailAddress(
    name === undefined ? parsed : { ...parsed, name: toDisplayName(fillTemplate(name, values)) },
  );
};

/** The address in a user id such as `mailto:ada@example.org`: like kinto-emailer, the text after the first colon. */
const memberAddress = (member: unknown): readonly string[] => {
  if (typeof member !== "string") return [];
  const text = member.slice(member.indexOf(":") + 1);
  return parseMailAddress(text) === undefined ? [] : [text];
};

const isAllowedAddress = ({ limits }: Hook, address: MailAddress): boolean =>
  matchesAny(limits?.domains, domainOf(address));
