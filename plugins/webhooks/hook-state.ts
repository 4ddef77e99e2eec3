import { createHmac } from "node:crypto";
import type { Json, State } from "@kintoun/kit";
import { type Circuit, createCircuit } from "./circuit.ts";
import type { Hook } from "./hooks.ts";

/** What the plugin stores about a hook. Times are milliseconds since 1970. */
export interface HookState {
  /** The number of the present secret. */
  readonly generation: number;
  /** Earlier secrets that are still valid, newest first. */
  readonly old: readonly { readonly generation: number; readonly until: number }[];
  /** The URL that responded with 410, and when. A hook with this URL is disabled. */
  readonly gone: { readonly url: string; readonly at: number } | null;
  /** Absent until an attempt fails or is slow. */
  readonly circuit?: Circuit;
}

/** Maximum number of old secrets that are valid at the same time. */
const MAX_OLD_SECRETS = 3;
const INITIAL_STATE: HookState = { generation: 0, old: [], gone: null };
const stateList = ({ owner }: Pick<Hook, "owner">) => `hooks/${owner}`;

/** The operator's secret of a hook cannot be used. The message contains nothing of it. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

interface SecretSource {
  /** The key that generated secrets are derived from. */
  readonly key: () => Promise<string>;
  /** Reads the secrets that the operator set for a hook; `undefined` if there are none. */
  readonly ownSecret: (hook: Hook) => (() => Promise<string>) | undefined;
}

/** Opens the states of all hooks. */
export const openHookStates = (state: State, { key, ownSecret }: SecretSource, now: () => number) => {
  const change = async (hook: Hook, update: (before: HookState) => HookState): Promise<HookState> =>
    parseHookState(
      await state.change(stateList(hook), hook.id, (stored) => update(parseHookState(stored)) as unknown as Json),
    );
  /** 32 bytes. */
  const deriveSecret = async ({ owner, id }: Hook, generation: number): Promise<Buffer> =>
    createHmac("sha256", await key())
      .update(JSON.stringify([owner, id, generation]))
      .digest();

  return {
    get: async (hook: Hook): Promise<HookState> => parseHookState(await state.get(stateList(hook), hook.id)),

    /** The present secret, then the old ones that are still valid. Rejects with a {@link SecretError}. */
    getSecrets: async (hook: Hook, { generation, old }: HookState): Promise<readonly Buffer[]> => {
      const readOwn = ownSecret(hook);
      if (readOwn !== undefined) {
        const text = await readOwn().catch((cause: unknown) => {
          throw new SecretError(`The secret of the webhook '${hook.id}' cannot be read from its parameter.`, { cause });
        });
        return parseSecrets(hook, text);
      }
      return Promise.all(
        [generation, ...old.filter(({ until }) => until > now()).map((one) => one.generation)].map((one) =>
          deriveSecret(hook, one),
        ),
      );
    },

    /** Replaces the secret. @param until when the old secret stops being valid */
    rotateSecret: (hook: Hook, until: number): Promise<HookState> =>
      change(hook, ({ generation, old, ...rest }) => ({
        ...rest,
        generation: generation + 1,
        old: [{ generation, until }, ...old].filter((one) => one.until > now()).slice(0, MAX_OLD_SECRETS),
      })),

    disable: (hook: Hook): Promise<HookState> =>
      change(hook, (before) => ({ ...before, gone: { url: hook.url, at: now() } })),

    /** Enables a disabled hook, and closes its circuit. */
    enable: (hook: Hook): Promise<HookState> =>
      change(hook, (before) => ({ ...before, gone: null, circuit: createCircuit(hook.url) })),

    /** Changes a hook's circuit. Nothing is written if `update` returns `undefined`. */
    changeCircuit: async (
      hook: Hook,
      update: (circuit: Circuit) => Circuit | undefined,
    ): Promise<{ readonly circuit: Circuit; readonly isChanged: boolean }> => {
      let isChanged = false;
      const after = await state.change(stateList(hook), hook.id, (stored) => {
        const before = parseHookState(stored);
        const circuit = update(getCircuit(hook, before));
        isChanged = circuit !== undefined;
        return circuit && ({ ...before, circuit } as unknown as Json);
      });
      return { circuit: getCircuit(hook, parseHookState(after)), isChanged };
    },

    /** Deletes the states of a deleted collection's hooks. @param owner the collection's generation */
    deleteAll: async (owner: string): Promise<void> => {
      for await (const { key: id } of state.list(stateList({ owner }))) await state.delete(stateList({ owner }), id);
    },
  };
};

export type HookStates = ReturnType<typeof openHookStates>;

const parseHookState = (stored: Json | undefined): HookState =>
  stored === undefined ? INITIAL_STATE : (stored as unknown as HookState);

/** The circuit of a hook with its present URL. */
export const getCircuit = ({ url }: Hook, { circuit }: HookState): Circuit =>
  circuit?.url === url ? circuit : createCircuit(url);

export const isDisabled = ({ url }: Hook, { gone }: HookState): boolean => gone?.url === url;

/** Parses secrets in the format of {@link formatSecret}, separated by spaces. */
const parseSecrets = ({ id }: Hook, text: string): readonly Buffer[] => {
  const words = text.trim().split(/\s+/);
  // The specification allows 24 to 64 bytes.
  if (words.every((word) => /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/.test(word)))
    return words.map((word) => Buffer.from(word.slice("whsec_".length), "base64"));
  throw new SecretError(
    `The secret of the webhook '${id}' is invalid. Set its parameter to 'whsec_' and the base64 of 24 to 64 bytes.`,
  );
};

/**
 * A secret in the format that receivers use:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
export const formatSecret = (secret: Buffer): string => `whsec_${secret.toString("base64")}`;
