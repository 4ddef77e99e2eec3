import { createHmac } from "node:crypto";
import type { Json, State } from "@kintoun/kit";
import type { Hook } from "./hook.ts";

/** What is kept of a hook beside where it stands. Epoch ms. */
export interface Standing {
  /** Which of its secrets is the present one. */
  readonly generation: number;
  /** Those before it that are still good, newest first. */
  readonly old: readonly { readonly generation: number; readonly until: number }[];
  /** Since when its URL wants to hear no more; it hears again once it has another. */
  readonly gone: { readonly url: string; readonly at: number } | null;
}

/** Old secrets that are good at the same time. */
const MOST_OLD = 3;
const FRESH: Standing = { generation: 0, old: [], gone: null };
const listOf = ({ place }: Pick<Hook, "place">) => `hooks/${place}`;

/** Where secrets come from. */
export interface Secrets {
  /** What all are made of that the plugin makes. */
  readonly key: () => Promise<string>;
  /** Those that the operator gives a hook, if any are. */
  readonly given: (hook: Hook) => (() => Promise<string>) | undefined;
}

/** How hooks stand. */
export const openStandings = (state: State, { key, given }: Secrets, now: () => number) => {
  const change = async (hook: Hook, make: (standing: Standing) => Standing): Promise<Standing> =>
    standingIn(await state.change(listOf(hook), hook.id, (kept) => make(standingIn(kept)) as unknown as Json));
  /** 32 bytes. */
  const secretOf = async ({ place, id }: Hook, generation: number): Promise<Buffer> =>
    createHmac("sha256", await key())
      .update(JSON.stringify([place, id, generation]))
      .digest();

  return {
    of: async (hook: Hook): Promise<Standing> => standingIn(await state.get(listOf(hook), hook.id)),

    /** The present secret, then older ones that are still good. */
    secrets: async (hook: Hook, { generation, old }: Standing): Promise<readonly Buffer[]> => {
      const own = given(hook);
      if (own !== undefined) return readSecrets(hook, await own());
      return Promise.all(
        [generation, ...old.filter(({ until }) => until > now()).map((one) => one.generation)].map((one) =>
          secretOf(hook, one),
        ),
      );
    },

    /** Gives a hook another secret. @param until when the one before it is good no more */
    rotate: (hook: Hook, until: number): Promise<Standing> =>
      change(hook, ({ generation, old, gone }) => ({
        generation: generation + 1,
        old: [{ generation, until }, ...old].filter((one) => one.until > now()).slice(0, MOST_OLD),
        gone,
      })),

    disable: (hook: Hook): Promise<Standing> =>
      change(hook, (standing) => ({ ...standing, gone: { url: hook.url, at: now() } })),

    enable: (hook: Hook): Promise<Standing> => change(hook, (standing) => ({ ...standing, gone: null })),

    /** Drops what is kept of the hooks of a collection that is no more. */
    forget: async (place: string): Promise<void> => {
      for await (const { key: id } of state.list(listOf({ place }))) await state.delete(listOf({ place }), id);
    },
  };
};

export type Standings = ReturnType<typeof openStandings>;

const standingIn = (kept: Json | undefined): Standing => (kept === undefined ? FRESH : (kept as unknown as Standing));

export const isDisabled = ({ url }: Hook, { gone }: Standing): boolean => gone?.url === url;

/** Reads what {@link shownSecret} shows, several separated by spaces. */
const readSecrets = ({ id }: Hook, text: string): readonly Buffer[] => {
  const words = text.trim().split(/\s+/);
  // 24 to 64 bytes, as the specification has it.
  if (words.every((word) => /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/.test(word)))
    return words.map((word) => Buffer.from(word.slice("whsec_".length), "base64"));
  throw new Error(
    `The secret that is given for the webhook '${id}' is none: 'whsec_' and the base64 of 24 to 64 bytes is one.`,
  );
};

/** A secret as receivers are given it: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
export const shownSecret = (secret: Buffer): string => `whsec_${secret.toString("base64")}`;
