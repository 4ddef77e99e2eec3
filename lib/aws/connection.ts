/** Keys of an IAM user or role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a service of AWS is reached. */
export interface AwsConnection {
  /** A URL without a path; that of the service in the region when absent. */
  readonly endpoint?: string;
  readonly region: string;
  /** The keys, or a function that returns the current ones. It is called for each request. */
  readonly credentials: Credentials | (() => Promise<Credentials>);
  /**
   * Returns the trace header of the running invocation. By it, Lambda detects functions that call themselves:
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  readonly getTrace?: () => string | undefined;
}

/**
 * Domains of partitions by the start of their regions' names. All other regions are below `amazonaws.com`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
 */
const DOMAINS: Readonly<Record<string, string>> = {
  cn: "amazonaws.com.cn",
  eusc: "amazonaws.eu",
  "us-iso": "c2s.ic.gov",
  "us-isob": "sc2s.sgov.gov",
  "us-isof": "csp.hci.ic.gov",
  "eu-isoe": "cloud.adc-e.uk",
};

/** The URL of a service in a region. @param service its name in endpoints, such as `dynamodb` */
export const serviceUrl = (service: string, region: string): URL => {
  const [area = "", kind] = region.split("-");
  const domain = DOMAINS[area] ?? DOMAINS[`${area}-${kind}`] ?? "amazonaws.com";
  return new URL(`https://${service}.${region}.${domain}`);
};
