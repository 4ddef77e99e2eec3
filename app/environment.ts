import * as z from "zod";
import { didYouMean } from "../core/nearest.ts";
import { Problem } from "./problem.ts";

/** Where a deployed function finds its table and queues; infra writes it, {@link readEnvironment} reads it. */
export interface Place {
  readonly table: string;
  /** A queue's URL by its listener's name. */
  readonly queues: Readonly<Record<string, string>>;
  /** The listener that a worker runs. */
  readonly listener?: string | undefined;
}

/** What the environment overrides of the config. */
export interface Overrides {
  readonly plugins?: readonly string[] | undefined;
  readonly paginateBy?: number | undefined;
  readonly storageMaxFetchSize?: number | undefined;
  readonly bucketCreatePrincipals?: readonly string[] | undefined;
  /** May be empty: user ids are then those of a Kinto without a secret. */
  readonly useridHmacSecret?: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const list = z.string().transform((text) => text.split(/[\s,]+/).filter((part) => part !== ""));
const count = z
  .string()
  .regex(/^\d{1,9}$/, "is not a whole number")
  .transform(Number);

const OVERRIDES = {
  KINTOUN_PLUGINS: list,
  KINTOUN_PAGINATE_BY: count,
  KINTOUN_STORAGE_MAX_FETCH_SIZE: count,
  KINTOUN_BUCKET_CREATE_PRINCIPALS: list,
  KINTOUN_USERID_HMAC_SECRET: z.string(),
};
const PLACE = {
  KINTOUN_TABLE: z.string().min(1),
  KINTOUN_QUEUES: z
    .string()
    .transform((text, { addIssue }) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        addIssue("it is no JSON");
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.string())),
  KINTOUN_LISTENER: z.string().optional(),
};

/** The variables that override the config; an unknown `KINTOUN_*` stops the start. */
export const readOverrides = (variables: Variables): Overrides => {
  const mine = Object.entries(variables).filter(([name]) => name.startsWith("KINTOUN_"));
  const known = [...Object.keys(OVERRIDES), ...Object.keys(PLACE)];
  const unknown = mine.filter(([name]) => !known.includes(name)).map(([name]) => `The variable ${name} means nothing to Kintoun. ${didYouMean(name, known)}`);
  const read = z.object(OVERRIDES).partial().safeParse(Object.fromEntries(mine));
  const wrong = read.error?.issues.map(({ path, message }) => `The variable ${path.join(".")} ${message}.`) ?? [];
  if (unknown.length + wrong.length > 0 || read.data === undefined) throw new Problem([...unknown, ...wrong]);
  return {
    plugins: read.data.KINTOUN_PLUGINS,
    paginateBy: read.data.KINTOUN_PAGINATE_BY,
    storageMaxFetchSize: read.data.KINTOUN_STORAGE_MAX_FETCH_SIZE,
    bucketCreatePrincipals: read.data.KINTOUN_BUCKET_CREATE_PRINCIPALS,
    useridHmacSecret: read.data.KINTOUN_USERID_HMAC_SECRET,
  };
};

/** A deployed function's place; what {@link toVariables} wrote. */
export const readPlace = (variables: Variables): Place => {
  const read = z.object(PLACE).safeParse(variables);
  if (!read.success) throw new Problem(read.error.issues.map(({ path, message }) => `The variable ${path.join(".")} is not what infra writes: ${message}.`));
  return { table: read.data.KINTOUN_TABLE, queues: read.data.KINTOUN_QUEUES, listener: read.data.KINTOUN_LISTENER };
};

/** @param queues JSON text, so that infra may fill in URLs that are known at deployment only */
export const toVariables = ({ table, queues, listener }: { table: string; queues: string; listener?: string }): Record<string, string> => ({
  KINTOUN_TABLE: table,
  KINTOUN_QUEUES: queues,
  ...(listener !== undefined && { KINTOUN_LISTENER: listener }),
});
