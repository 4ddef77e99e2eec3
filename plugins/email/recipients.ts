import {
  type Data,
  domainOf,
  fillTemplate,
  type Log,
  type MailAddress,
  matchesAny,
  parseMailAddress,
} from "@kintoun/kit";
import { isGroup, isGroupUri } from "./group.ts";
import type { Hook } from "./hook.ts";

/** Recipients that one event may have mailed by one hook. They get it in several mails where one can't have so many. */
const MOST = 500;

export interface Recipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: readonly string[];
}

/** Who gets a mail, each once; `undefined` when there is nobody. What is left out, the log tells. */
export const recipientsOf = async (
  hook: Hook,
  values: object,
  data: Data,
  log: Log,
): Promise<Recipients | undefined> => {
  const seen = new Set<string>();
  const leftOut: string[] = [];
  const of = async (texts: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const text of texts) {
      for (const one of await addressesOf(text, values, data)) {
        const address = parseMailAddress(one);
        if (address === undefined || !isAllowed(hook, address)) leftOut.push(text);
        else if (!seen.has(address.address.toLowerCase())) {
          seen.add(address.address.toLowerCase());
          if (seen.size <= MOST) found.push(one);
        }
      }
    }
    return found;
  };
  const [to, cc, bcc] = [await of(hook.recipients), await of(hook.cc), await of(hook.bcc)];
  if (leftOut.length > 0)
    log.warn("Recipients of a mail are no addresses that it may go to", {
      hook: hook.id,
      recipients: leftOut.slice(0, 10),
    });
  if (seen.size > MOST)
    log.warn("A mail has too many recipients", { hook: hook.id, recipients: seen.size, sent: MOST });
  seen.clear();
  return to.length === 0 ? undefined : { to, cc, bcc, replyTo: await of(hook.replyTo) };
};

/** What a recipient stands for. Whether it is a group says the template: a value makes none. */
const addressesOf = async (text: string, values: object, data: Data): Promise<readonly string[]> => {
  if (!isGroup(text)) return [fillTemplate(text, values)];
  const uri = fillTemplate(text, values);
  if (!isGroupUri(uri)) return [];
  const members = (await data.get(uri))?.data.members;
  return Array.isArray(members) ? members.flatMap(addressIn) : [];
};

/** Of a user id such as `mailto:ada@example.org`, `ldap:ada@example.org` or `ada@example.org`: as kinto-emailer, what stands behind the first colon. */
const addressIn = (member: unknown): readonly string[] => {
  if (typeof member !== "string") return [];
  const text = member.slice(member.indexOf(":") + 1);
  return parseMailAddress(text) === undefined ? [] : [text];
};

const isAllowed = ({ bounds }: Hook, address: MailAddress): boolean => matchesAny(bounds?.domains, domainOf(address));
