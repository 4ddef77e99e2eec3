import {
  type ActionStarter,
  type Data,
  type Log,
  type Mailer,
  type OwnQueue,
  type SetupContext,
  type State,
  toClientNetwork,
} from "@kintoun/kit";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type Attempts, createAttempts, type Limit } from "./attempts.ts";
import { createSealer, type Sealer } from "./credentials.ts";
import { createInvitations, type Invitations } from "./invitations.ts";
import { createLogin, type Login } from "./login.ts";
import { createMails, type MailRequest, type Mails } from "./mails.ts";
import type { Options } from "./options.ts";
import { createProofCache, type ProofCache } from "./proof-cache.ts";
import { createSecondFactor, type SecondFactor } from "./second-factor.ts";
import { createSessions, type Sessions } from "./sessions.ts";

/** What the parts of the plugin share. */
export interface Services {
  readonly accounts: Accounts;
  readonly sealer: Sealer;
  readonly login: Login;
  readonly proven: ProofCache;
  readonly sessions: Sessions;
  readonly secondFactor: SecondFactor;
  readonly mails: Mails;
  readonly invitations: Invitations;
  /** `undefined` if the store sends no mails. */
  readonly queue: OwnQueue<MailRequest> | undefined;
  /** `undefined` if the data of deleted users stay. */
  readonly deletion: Deletion | undefined;
  /** Epoch ms. */
  readonly now: () => number;
  /** Counts a registration from an address. Throws a 429 if there were too many. */
  readonly countRegistration: (address: string | null) => Promise<void>;
  /** Counts a new password that a user sets. Throws a 429 if there were too many. */
  readonly countNewPassword: (id: string) => Promise<void>;
  /** Counts a mail. Throws a 429 if there were too many. */
  readonly countMail: (id: string, address: string | null) => Promise<void>;
}

/** Starts the action that deletes the data of a user. */
export type Deletion = ActionStarter<{ principal: string }>;

interface NeededResources {
  readonly deletion: Deletion | undefined;
  readonly data: Data;
  readonly state: State;
  readonly secret: () => Promise<string>;
  readonly queue: OwnQueue<MailRequest> | undefined;
  readonly mailer: Mailer | undefined;
}

const HOUR_MS = 3600_000;

export const createServices = (
  { data, state, secret, queue, mailer, deletion }: NeededResources,
  config: Options,
  { log, now }: Pick<SetupContext<never, never>, "now"> & { readonly log: Log },
): Services => {
  const sealer = createSealer(secret);
  const accounts = createAccounts(data, sealer, config.writePrincipals);
  const attempts = createAttempts(state, now);
  const proven = createProofCache(config.cacheSeconds, now);
  const { mail } = config;
  const windowMs = config.attempts.minutes * 60_000;
  return {
    accounts,
    sealer,
    login: createLogin({ accounts, attempts, state, proven, config, now, log }),
    proven,
    sessions: createSessions({ accounts, state, config, now }),
    secondFactor: createSecondFactor({ accounts, state, sealer, issuer: config.issuer, now }),
    mails: createMails({ accounts, state, mailer, options: mail, readSecret: secret, now }),
    invitations: createInvitations(state, now),
    queue,
    deletion,
    now,
    countRegistration: (address) =>
      countByAddress(attempts, address, {
        name: "registration",
        max: config.attempts.registrationsPerAddress,
        windowMs,
      }),
    countNewPassword: async (id) => {
      await attempts.count({ name: "password", max: config.attempts.perAccount, windowMs }, id);
    },
    countMail: async (id, address) => {
      if (mail === undefined) return;
      await countByAddress(attempts, address, { name: "mail-address", max: mail.perAddressAndHour, windowMs: HOUR_MS });
      await attempts.count({ name: "mail-account", max: mail.perAccountAndHour, windowMs: HOUR_MS }, id);
    },
  };
};

const countByAddress = async (attempts: Attempts, address: string | null, limit: Limit): Promise<void> => {
  if (address !== null) await attempts.count(limit, toClientNetwork(address));
};
