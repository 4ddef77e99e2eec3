import { mailServerOptions, parseMailAddress } from "@kintoun/kit";
import * as z from "zod";
import { MAX_COST } from "./hash.ts";

const principals = z.array(z.string().min(1)).max(100);

/** A template of one line. */
const subject = z.string().min(1).max(500);
/** A template of several lines. */
const text = z.string().min(1).max(100_000);

const template = (defaults: { subject: string; text: string }) =>
  z
    .strictObject({
      subject: subject.default(defaults.subject),
      text: text.default(defaults.text),
      /** The HTML part, whose values are escaped; none when absent. */
      html: text.optional(),
    })
    .prefault({});

// Named one by one, because a bundle would otherwise contain all of zod.
const server = mailServerOptions({ enum: z.enum, int: z.int, strictObject: z.strictObject, string: z.string });

const mail = z.strictObject({
  /** The sender. */
  from: z.string().refine((one) => parseMailAddress(one) !== undefined, {
    error: "must be one mail address, such as store@example.org",
  }),
  via: z.union([z.literal("ses"), server]).default("ses"),
  /** The value of `{root_url}`: the address of the pages that users log in on. */
  rootUrl: z.string().max(1000).default(""),
  /** Whether new accounts must confirm their address. */
  validation: z.boolean().default(false),
  /** Whether users can log in with a code by mail. */
  codes: z.boolean().default(false),
  /** Mails per account and hour. */
  perAccountAndHour: z.int().min(1).max(1000).default(5),
  /** Mails that one client address can cause per hour. */
  perAddressAndHour: z.int().min(1).max(100_000).default(50),
  templates: z
    .strictObject({
      validation: template({
        subject: "Confirm your account",
        text: "Confirm the account {id} with this key:\n\n{key}\n\n{root_url}\n\nIf you have not registered, do nothing.\n",
      }),
      confirmation: template({ subject: "Your account is confirmed", text: "The account {id} is confirmed.\n" }),
      reset: template({
        subject: "Your temporary password",
        text: "With this temporary password you can set a new one for {id} within {hours} hours:\n\n{password}\n\n{root_url}\n",
      }),
      code: template({
        subject: "Your code",
        text: "Log in as {id} with this code within {minutes} minutes:\n\n{code}\n",
      }),
    })
    .prefault({}),
});

/** The cost of a hash: scrypt with N = 2^`log2n`, `r` = 8 and `p`. */
const scrypt = z.strictObject({
  /** 13 to 20. A hash needs 2^`log2n` KB of memory. */
  log2n: z.int().min(13).max(MAX_COST.log2n).default(15),
  p: z.int().min(1).max(MAX_COST.p).default(3),
});

const attempts = z.strictObject({
  /** Wrong passwords and codes for one account. */
  perAccount: z.int().min(1).max(1000).default(10),
  /** Wrong passwords and codes from one client address. */
  perAddress: z.int().min(1).max(100_000).default(50),
  /** New accounts from one client address. */
  registrationsPerAddress: z.int().min(1).max(100_000).default(20),
  /** The time that they are counted for. */
  minutes: z.int().min(1).max(1440).default(15),
});

export const options = z
  .strictObject({
    /** Who may create accounts; `["system.Everyone"]` lets anyone register. */
    createPrincipals: principals.default([]),
    /** The administrators: who may read, change, create and delete all accounts. */
    writePrincipals: principals.default([]),
    /** Who may read all accounts. */
    readPrincipals: principals.default([]),
    minPasswordLength: z.int().min(1).max(100).default(8),
    /** How long a verified password or token is remembered in a process, in seconds. */
    cacheSeconds: z.int().min(0).max(300).default(30),
    attempts: attempts.prefault({}),
    scrypt: scrypt.prefault({}),
    sessions: z
      .strictObject({
        /** How long an access token is valid. */
        accessMinutes: z.int().min(1).max(1440).default(60),
        /** How long a session lasts without a refresh. */
        days: z.int().min(1).max(365).default(30),
      })
      .prefault({}),
    /** The name of the store in the apps of users that make one-time codes. */
    issuer: z
      .string()
      .regex(/^[^:]{1,60}$/, "must have 1 to 60 characters without a colon")
      .default("Kintoun"),
    /** Mails to users. No mails when absent. */
    mail: mail.optional(),
    /** Starts the action of the plugin `user-data` when an account is deleted, which deletes the data of the user. */
    deleteUserData: z.boolean().default(false),
  })
  .prefault({});

export type Options = z.output<typeof options>;
export type MailOptions = NonNullable<Options["mail"]>;
