import { randomUUID } from "node:crypto";
import { fillTemplate, type Json, type Log, MailRefusedError, type State, truncateText } from "@kintoun/kit";
import type { Digest, Options, OwnHook } from "./options.ts";
import type { Recipients } from "./recipients.ts";
import { type MailServices, sendOnce } from "./sending.ts";
import { escapeHtml, fillMail, hashId } from "./templates.ts";

/**
 * The plugin's list of pending changes, under `<group>#<time>#<event>`. A group is a hook and its recipients. Groups
 * are found through their changes, so that no change can be lost outside a group.
 */
const CHANGES_LIST = "digest";
/** The plugin's list of groups: when each began, its lease, and the changes in a mail that may have been sent. */
const GROUPS_LIST = "digests";

/** 14 days: how long changes that cannot be sent are kept. */
const RETENTION_MS = 14 * 24 * 3600_000;
/** Maximum number of changes that one mail counts. Their keys must fit into one state value. */
const MAX_CHANGES = 2000;
/** Maximum number of changes that one mail lists. */
const MAX_LISTED_CHANGES = 500;
const MAX_LINE_UNITS = 500;
/** How long a worker has a group to itself. */
const LEASE_MS = 120_000;
const PARALLEL_DELETES = 20;
/** Sorts after all keys of a group. */
const AFTER_GROUP = "$";

interface Change {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly values: object;
}

interface PendingChange extends Recipients {
  readonly hook: string;
  readonly timestamp: number;
  readonly line: string;
}

interface Group {
  readonly since: number;
  readonly lease?: { readonly owner: string; readonly until: number };
  /** The keys of the changes in the mail that is being sent. A repeated attempt sends the same changes. */
  readonly sealed?: readonly string[];
}

export type Digests = ReturnType<typeof openDigests>;

/** Collects changes by hook and recipients, and sends each group in one mail when it is due. */
export const openDigests = (services: MailServices, { hooks, from }: Options) => {
  const { state, now } = services;

  const changeGroup = async (
    group: string,
    update: (present: Group | undefined) => Group | undefined,
  ): Promise<Group | undefined> => {
    const updateJson = (present: Json | undefined) => update(present as Group | undefined) as Json | undefined;
    const expires = now() + RETENTION_MS;
    return (await state.change(GROUPS_LIST, group, updateJson, { expires })) as Group | undefined;
  };

  /** Sends the mail of a group if it is due and no other worker has the lease. */
  const sendGroup = async (group: string, hook: OwnHook | undefined, log: Log): Promise<void> => {
    const owner = randomUUID();
    const leased = await changeGroup(group, (present = { since: now() }) => {
      const isDue = now() - present.since >= (hook?.digest?.minutes ?? 0) * 60_000;
      const isFree = present.lease === undefined || present.lease.until <= now();
      return { ...present, ...(isDue && isFree && { lease: { owner, until: now() + LEASE_MS } }) };
    });
    if (leased?.lease?.owner !== owner) return;
    try {
      const keys = leased.sealed ?? (await listKeys(state, group));
      if (leased.sealed === undefined) await changeGroup(group, (present) => present && { ...present, sealed: keys });
      await sendSealedDigest(services, { group, keys, hook, from }, log);
      await Promise.all(splitIntoParts(keys).map(async (part) => deleteKeys(state, part)));
      await state.delete(GROUPS_LIST, group);
    } catch (error) {
      await changeGroup(group, (present) =>
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
      const first = await takeFirst(state.list(CHANGES_LIST, { limit: 1, ...(after !== "" && { after }) }));
      if (first === undefined) return;
      const group = first.key.slice(0, first.key.indexOf("#"));
      const { hook } = first.value as unknown as PendingChange;
      try {
        await sendGroup(
          group,
          hooks.find(({ id }) => id === hook),
          log,
        );
      } catch (error) {
        log.error("A digest could not be sent. It is sent again in a minute.", { hook, error });
      }
      after = `${group}${AFTER_GROUP}`;
    }
  };

  let mayHaveRemaining = hooks.every(({ digest }) => digest === undefined);

  return {
    /** Adds a change to the next digest. Adding it again has no effect. */
    add: async (
      hook: string,
      { entry }: Digest,
      recipients: Recipients,
      { id, timestamp, values }: Change,
    ): Promise<void> => {
      const group = hashId(hook, JSON.stringify(recipients));
      const line = truncateText(fillTemplate(entry, values).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), MAX_LINE_UNITS);
      const pending: PendingChange = { ...recipients, hook, timestamp, line };
      await state.put(
        CHANGES_LIST,
        `${group}#${String(timestamp).padStart(16, "0")}#${hashId(id)}`,
        pending as unknown as Json,
        { expires: now() + RETENTION_MS },
      );
    },

    /** Sends all digests that are due. Logs failures; the next call sends those again. */
    sendDue,

    /** Sends what remains after the last digest was removed from the options, once per process. */
    sendRemaining: async (log: Log, signal: AbortSignal): Promise<void> => {
      if (mayHaveRemaining) await sendDue(log, signal);
      mayHaveRemaining = false;
    },
  };
};

const takeFirst = async <T>(all: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const one of all) return one;
  return undefined;
};

const listKeys = async (state: State, group: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const { key } of state.list(CHANGES_LIST, { after: `${group}#`, limit: MAX_CHANGES })) {
    if (!key.startsWith(`${group}#`)) break;
    keys.push(key);
  }
  return keys;
};

interface SealedDigest {
  readonly group: string;
  readonly keys: readonly string[];
  /** `undefined` when the options no longer have the hook. */
  readonly hook: OwnHook | undefined;
  readonly from: string;
}

const DEFAULT_TEMPLATES = { subject: "{count} changes", text: "{entries}", html: undefined };

const sendSealedDigest = async (
  services: MailServices,
  { group, keys, hook, from }: SealedDigest,
  log: Log,
): Promise<void> => {
  const found = await Promise.all(
    keys.slice(0, MAX_LISTED_CHANGES).map((key) => services.state.get(CHANGES_LIST, key)),
  );
  const all = found.filter((value) => value !== undefined).map((value) => value as unknown as PendingChange);
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined) return;
  const more = keys.length - all.length;
  const lines = [...all.map(({ line }) => line), ...(more > 0 ? [`… and ${more} more`] : [])];
  const { to, cc, bcc, replyTo } = first;
  const values = { count: keys.length, more, hook: first.hook, since: formatTime(first), until: formatTime(last) };
  const entries = {
    text: lines.join("\n"),
    html: `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`,
  };
  const mail = {
    ...{ from, to, cc, bcc, replyTo },
    ...fillMail(hook?.digest ?? DEFAULT_TEMPLATES, values, entries),
    id: hashId(group, ...keys),
  };
  try {
    await sendOnce(services, mail, log);
  } catch (error) {
    if (!(error instanceof MailRefusedError) || !error.permanent) throw error;
    log.error("A digest was refused permanently and is dropped", { hook: first.hook, changes: keys.length, error });
  }
};

const formatTime = ({ timestamp }: PendingChange): string => new Date(timestamp).toISOString();

const splitIntoParts = (keys: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.min(PARALLEL_DELETES, keys.length) }, (_, part) =>
    keys.filter((_, index) => index % PARALLEL_DELETES === part),
  );

const deleteKeys = async (state: State, keys: readonly string[]): Promise<void> => {
  for (const key of keys) await state.delete(CHANGES_LIST, key);
};
