/**
 * Public prices of US East (N. Virginia) in USD, as of November 2025. Requests and units are per million, storage per GB and month.
 * https://aws.amazon.com/pricing/
 */
export const PRICES = {
  date: "November 2025",
  apiRequests: 1,
  lambdaCalls: 0.2,
  lambdaGbSeconds: 13.3334,
  readUnits: 0.125,
  writeUnits: 0.625,
  queueRequests: 0.4,
  logGb: 0.5,
  tableGb: 0.25,
  backupGb: 0.2,
  fileGb: 0.023,
  filePuts: 5,
  alarm: 0.1,
  dashboard: 3,
  metric: 0.3,
  /** `t3.small.search` with 10 GB of gp3. */
  searchDomain: 26.28 + 1.22,
  serverlessGb: 0.024,
} as const;

/** What each account gets each month without a price. */
export const FREE = {
  queueRequests: 1_000_000,
  tableGb: 25,
  logGb: 5,
  alarms: 10,
  dashboards: 3,
  metrics: 10,
} as const;

/**
 * Kinto with its database, each as small as AWS has it: a Fargate task of 0.25 vCPU and 512 MB (0.04048 per vCPU and hour, 0.004445
 * per GB and hour), a `db.t4g.micro` (0.016 per hour) with 20 GB (0.115 each), and a public address (0.005 per hour).
 */
export const KINTO_SERVER_PER_MONTH = 730 * (0.25 * 0.04048 + 0.5 * 0.004445 + 0.016 + 0.005) + 20 * 0.115;
/** A load balancer in two zones, which TLS for a domain needs: 0.0225 per hour, and two addresses. */
export const LOAD_BALANCER_PER_MONTH = 730 * (0.0225 + 2 * 0.005);
