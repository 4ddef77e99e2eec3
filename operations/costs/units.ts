import { PRICES } from "../../core/prices.ts";

/** Lambda, DynamoDB, SQS and S3 for one million of something; the units are those of bench/RESULTS.md. */
interface Units {
  readonly apiRequests?: number;
  readonly calls?: number;
  /** GB-seconds of one call. */
  readonly gbSeconds?: number;
  readonly readUnits?: number;
  readonly writeUnits?: number;
  readonly queueRequests?: number;
  /** Bytes that are written to logs. */
  readonly logBytes?: number;
  readonly filePuts?: number;
}

/** The access log has 350 bytes per request, a line of metrics 400. */
const REQUEST = { apiRequests: 1, calls: 1, logBytes: 350 } as const;

/** What one of each takes. Functions for requests have 1 GB, workers half of it. */
const USES = {
  reads: { ...REQUEST, gbSeconds: 0.015, readUnits: 4 },
  writes: { ...REQUEST, gbSeconds: 0.03, readUnits: 4, writeUnits: 10 },
  searches: { ...REQUEST, gbSeconds: 0.035, readUnits: 14 },
  events: { calls: 1, gbSeconds: 0.01, writeUnits: 2, queueRequests: 3, logBytes: 400 },
  // The record, three writes of state, a PUT, and a check and a deletion a day later.
  attachments: { ...REQUEST, gbSeconds: 0.03, readUnits: 4, writeUnits: 13 + 2.4, filePuts: 1 },
} as const satisfies Readonly<Record<string, Units>>;

export type UseName = keyof typeof USES;
export const USE_NAMES = Object.keys(USES) as readonly UseName[];

const BYTES_PER_GB = 1e9;

/** The costs of one million in USD. */
export const costPerMillion = (name: UseName): number => {
  const units: Units = USES[name];
  const { apiRequests = 0, calls = 0, gbSeconds = 0, readUnits = 0, writeUnits = 0 } = units;
  const { queueRequests = 0, logBytes = 0, filePuts = 0 } = units;
  return (
    apiRequests * PRICES.apiRequests +
    calls * PRICES.lambdaCalls +
    gbSeconds * PRICES.lambdaGbSeconds +
    readUnits * PRICES.readUnits +
    writeUnits * PRICES.writeUnits +
    queueRequests * PRICES.queueRequests +
    ((logBytes * 1e6) / BYTES_PER_GB) * PRICES.logGb +
    filePuts * PRICES.filePuts
  );
};
