import { randomUUID } from "node:crypto";
import { fillTemplate, type Json, type Log, MailRefusedError, type State } from "@kintoun/kit";
import { escapeHtml } from "./escape-html.ts";
import type { Digest, Options, OwnHook } from "./options.ts";
import type { Recipients } from "./recipients.ts";
import { type Sending, sendOnce } from "./send-once.ts";
import { idOf, wordsOf } from "./words.ts";

/**
 * What is to be told in one mail: under `<group>#<time>#<event>`, a group being a hook and whom it mails. The groups that wait, and until when, are found
 * from what waits in them, so that nothing is in no group.
 */
const WAITING = "digest";
/** By group: since when it waits, who is at it, and what is in the mail that may have been sent. */
const GROUPS = "digests";

/** How long what could not be sent is kept, in ms. */
const KEPT = 14 * 24 * 3600_000;
/** Changes that one mail tells, whose keys fit into one value, and those of them that it lists. */
const MOST = { told: 2000, listed: 500 };
/** ms for which a worker has a group to itself. */
const LEASE = 120_000;
/** What is behind all keys of a group. */
const BEHIND = "$";

interface Change {
  readonly id: string;
  readonly timestamp: number;
  readonly values: object;
}

interface Waiting extends Recipients {
  readonly hook: string;
  readonly timestamp: number;
  readonly line: string;
}

interface Group {
  readonly since: number;
  readonly lease?: { readonly owner: string; readonly until: number };
  /** Keys of what the mail tells that is being sent: it tells the same when it is sent again. */
  readonly sealed?: readonly string[];
}

export type Digests = ReturnType<typeof openDigests>;

/** Collects what is told together, and sends it when its time has come. */
export const openDigests = (sending: Sending, { hooks, from }: Options) => {
  const { state, now } = sending;

  const change = async (
    group: string,
    make: (present: Group | undefined) => Group | undefined,
  ): Promise<Group | undefined> => {
    const made = (present: Json | undefined) => make(present as Group | undefined) as Json | undefined;
    return (await state.change(GROUPS, group, made, { expires: now() + KEPT })) as Group | undefined;
  };

  /** Sends one group's mail, if it is time. */
  const sendGroup = async (group: string, hook: OwnHook | undefined, log: Log): Promise<void> => {
    const owner = randomUUID();
    const mine = await change(group, (present = { since: now() }) => {
      const isDue = now() - present.since >= (hook?.digest?.minutes ?? 0) * 60_000;
      const isFree = present.lease === undefined || present.lease.until <= now();
      return { ...present, ...(isDue && isFree && { lease: { owner, until: now() + LEASE } }) };
    });
    if (mine?.lease?.owner !== owner) return;
    try {
      const keys = mine.sealed ?? (await keysOf(state, group));
      if (mine.sealed === undefined) await change(group, (present) => present && { ...present, sealed: keys });
      await sendSealed(sending, { group, keys, hook, from }, log);
      await Promise.all(inParts(keys).map(async (part) => forget(state, part)));
      await state.delete(GROUPS, group);
    } catch (error) {
      await change(group, (present) =>
        present?.lease?.owner === owner
          ? { since: present.since, ...(present.sealed && { sealed: present.sealed }) }
          : undefined,
      );
      throw error;
    }
  };

  const sendDue = async (log: Log, signal: AbortSignal): Promise<void> => {
    let after = "";
    while (!signal.aborted) {
      const first = await firstOf(state.list(WAITING, { limit: 1, ...(after !== "" && { after }) }));
      if (first === undefined) return;
      const group = first.key.slice(0, first.key.indexOf("#"));
      const { hook } = first.value as unknown as Waiting;
      try {
        await sendGroup(
          group,
          hooks.find(({ id }) => id === hook),
          log,
        );
      } catch (error) {
        log.error("A digest could not be sent; it is tried again", { hook, error });
      }
      after = `${group}${BEHIND}`;
    }
  };

  let isLeft = hooks.every(({ digest }) => digest === undefined);

  return {
    /** Notes a change; the same however often it is noted. */
    note: async (
      hook: string,
      { entry }: Digest,
      recipients: Recipients,
      { id, timestamp, values }: Change,
    ): Promise<void> => {
      const group = idOf(hook, JSON.stringify(recipients));
      const waiting: Waiting = {
        ...recipients,
        hook,
        timestamp,
        line: fillTemplate(entry, values)
          .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
          .slice(0, 500),
      };
      await state.put(
        WAITING,
        `${group}#${String(timestamp).padStart(16, "0")}#${idOf(id)}`,
        waiting as unknown as Json,
        { expires: now() + KEPT },
      );
    },

    /** Sends what is due. One that fails holds up no other, and is tried again the next time. */
    sendDue,

    /** Sends what waits since there were digests, where there are none any more, and no schedule: once in a process. */
    sendLeft: async (log: Log, signal: AbortSignal): Promise<void> => {
      if (isLeft) await sendDue(log, signal);
      isLeft = false;
    },
  };
};

const firstOf = async <T>(all: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const one of all) return one;
  return undefined;
};

const keysOf = async (state: State, group: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const { key } of state.list(WAITING, { after: `${group}#`, limit: MOST.told })) {
    if (!key.startsWith(`${group}#`)) break;
    keys.push(key);
  }
  return keys;
};

interface Sealed {
  readonly group: string;
  readonly keys: readonly string[];
  /** `undefined` when the options have it no longer. */
  readonly hook: OwnHook | undefined;
  readonly from: string;
}

const PLAIN = { subject: "{count} changes", text: "{entries}", html: undefined };

const sendSealed = async (sending: Sending, { group, keys, hook, from }: Sealed, log: Log): Promise<void> => {
  const found = await Promise.all(keys.slice(0, MOST.listed).map((key) => sending.state.get(WAITING, key)));
  const all = found.filter((value) => value !== undefined).map((value) => value as unknown as Waiting);
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined) return;
  const more = keys.length - all.length;
  const lines = [...all.map(({ line }) => line), ...(more > 0 ? [`… and ${more} more`] : [])];
  const { to, cc, bcc, replyTo } = first;
  const values = { count: keys.length, more, hook: first.hook, since: dated(first), until: dated(last) };
  const entries = {
    text: lines.join("\n"),
    html: `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`,
  };
  const mail = {
    from,
    to,
    cc,
    bcc,
    replyTo,
    ...wordsOf(hook?.digest ?? PLAIN, values, entries),
    id: idOf(group, ...keys),
  };
  try {
    await sendOnce(sending, mail, log);
  } catch (error) {
    if (!(error instanceof MailRefusedError) || !error.permanent) throw error;
    log.error("A digest is refused for good, and given up", { hook: first.hook, changes: keys.length, error });
  }
};

const dated = ({ timestamp }: Waiting): string => new Date(timestamp).toISOString();

const inParts = (keys: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.min(20, keys.length) }, (_, part) => keys.filter((_, place) => place % 20 === part));

const forget = async (state: State, keys: readonly string[]): Promise<void> => {
  for (const key of keys) await state.delete(WAITING, key);
};
