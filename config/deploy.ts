import * as z from "zod";
import { didYouMean } from "../lib/util/nearest.ts";

/** Memory of a function in MB; the limits of Lambda. */
const memoryMb = z.int().min(128).max(10_240);

/** Retention periods that CloudWatch accepts, in days. */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/**
 * The schema of `deploy`. Nothing of it applies to `npm start`.
 * Lambda gives a function processor time in proportion to its memory: one virtual processor at 1,769 MB.
 */
const deploySchema = z.strictObject({
  exposed: z.boolean().default(false),
  requestsPerSecond: z.number().min(1).max(10_000).default(50),
  requestBurst: z.int().min(1).max(5000).default(100),
  apiMemoryMb: memoryMb.default(1024),
  searchMemoryMb: memoryMb.default(1024),
  dispatchMemoryMb: memoryMb.default(512),
  workerMemoryMb: memoryMb.default(512),
  // The range of SQS event source mappings: https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
  workerConcurrency: z.int().min(2).max(1000).default(10),
  apiReservedConcurrency: z.int().min(1).max(100_000).exactOptional(),
  logRetentionDays: z.literal(LOG_RETENTION_DAYS).default(30),
  alarmAddress: z
    .string()
    .regex(/^[^\s@]{1,64}@[^\s@]{1,180}$/, "is not a mail address such as ops@your-domain.com")
    .exactOptional(),
  monthlyBudgetUsd: z.number().min(1).max(1_000_000).exactOptional(),
  dashboard: z.boolean().default(true),
  gradual: z.boolean().default(false),
  table: z
    .string()
    .regex(/^[\w.-]{3,255}$/, "is not the name of a table: 3 to 255 letters, digits, dots, dashes and underscores")
    .exactOptional(),
});

/** How the store is deployed, with defaults. */
export type DeployOptions = z.output<typeof deploySchema>;

const NAMES = Object.keys(deploySchema.shape) as (keyof DeployOptions)[];

/** The variable that overrides a field: `KINTOUN_DEPLOY_REQUESTS_PER_SECOND`. */
const deployVariable = (name: string): string =>
  `KINTOUN_DEPLOY_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** The fields of `deploy` by their variables. */
export const DEPLOY_VARIABLES: ReadonlyMap<string, keyof DeployOptions> = new Map(
  NAMES.map((name) => [deployVariable(name), name]),
);

/** Parses the text of a variable. Text that is not of the field's type stays text, which {@link readDeploy} rejects. */
export const parseDeployVariable = (name: keyof DeployOptions, text: string): unknown => {
  if (name === "table" || name === "alarmAddress") return text;
  if (name === "exposed" || name === "dashboard" || name === "gradual")
    return { true: true, false: false }[text.toLowerCase()] ?? text;
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
};

/** Reads `deploy`. @param issues receives what is wrong with it */
export const readDeploy = (
  written: unknown,
  overrides: Readonly<Record<string, unknown>>,
  issues: string[],
): DeployOptions => {
  const defaults = deploySchema.parse({});
  if (written !== undefined && (typeof written !== "object" || written === null || Array.isArray(written))) {
    issues.push("kintoun.config.ts: deploy must be an object, for example { requestsPerSecond: 50 }.");
    return defaults;
  }
  const read = deploySchema.safeParse({ ...written, ...overrides });
  if (read.success) return read.data;
  issues.push(...read.error.issues.flatMap((issue) => formatIssue(issue, overrides)));
  return defaults;
};

const formatIssue = (issue: z.core.$ZodIssue, overrides: Readonly<Record<string, unknown>>): string[] => {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `kintoun.config.ts: deploy.${key} is not a known field. ${didYouMean(key, NAMES)}`);
  const name = String(issue.path[0]);
  const where = Object.hasOwn(overrides, name)
    ? `The variable ${deployVariable(name)}`
    : `kintoun.config.ts: deploy.${name}`;
  return [`${where}: ${issue.message}.`];
};
