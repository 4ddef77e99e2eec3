import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import type { Credentials } from "./connection.ts";

export interface SignableRequest {
  readonly host: string;
  readonly region: string;
  /** Name of the service in signatures, such as `dynamodb`. */
  readonly service: string;
  readonly target: string;
  /** Version of the protocol AWS JSON; 1.0 when absent. */
  readonly version?: string | undefined;
  readonly body: string;
  /** Epoch ms. */
  readonly now: number;
}

const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => hash("sha256", text);

/** What a signature is valid for. */
interface Scope {
  /** The time as in `x-amz-date`. */
  readonly time: string;
  readonly region: string;
  readonly service: string;
}

/** Derives the key that signs requests of one day to a service in a region. */
export const deriveKey = (secret: string, { time, region, service }: Scope): KeyObject =>
  createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, time.slice(0, 8)), region), service), "aws4_request"));

/** What is signed of a request. */
interface SignedParts {
  readonly method: string;
  /** `/` when absent. */
  readonly path?: string;
  /** In the order of names, percent-encoded. */
  readonly query?: string;
  /** All are signed, in the order of their names. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 in hex. */
  readonly bodyHash: string;
}

/** Signs a request. */
export const signRequest = (
  { method, path = "/", query = "", headers, bodyHash }: SignedParts,
  scope: Scope,
  key: KeyObject,
): { scope: string; names: string; signature: string } => {
  const sorted = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = sorted.map(([name]) => name).join(";");
  const lines = sorted.map(([name, value]) => `${name}:${value}\n`).join("");
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${bodyHash}`;
  const scopeText = `${scope.time.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${scope.time}\n${scopeText}\n${sha256(canonical)}`;
  return { scope: scopeText, names, signature: hmac(key, toSign).toString("hex") };
};

interface RequestToSign extends SignedParts {
  readonly service: string;
  readonly region: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Creates a signer (Signature Version 4). Caches the signing key, which is valid for a day.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const createRequestSigner = () => {
  let cached: { readonly id: string; readonly key: KeyObject } | undefined;

  const keyFor = (secret: string, scope: Scope): KeyObject => {
    const id = `${scope.time.slice(0, 8)} ${scope.region} ${scope.service} ${secret}`;
    if (cached?.id !== id) cached = { id, key: deriveKey(secret, scope) };
    return cached.key;
  };

  /** Returns the headers of a signed request. */
  return (
    { accessKeyId, secretAccessKey, sessionToken }: Credentials,
    { region, service, now, headers, ...request }: RequestToSign,
  ): Record<string, string> => {
    const time = formatTime(now);
    const scope = { time, region, service };
    const all: Record<string, string> = {
      ...headers,
      "x-amz-date": time,
      ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
    };
    const signed = signRequest({ ...request, headers: all }, scope, keyFor(secretAccessKey, scope));
    const credential = `Credential=${accessKeyId}/${signed.scope}`;
    all.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signed.names}, Signature=${signed.signature}`;
    return all;
  };
};

interface UrlToSign extends Omit<RequestToSign, "query" | "bodyHash"> {
  /** Names and values as they are. */
  readonly query?: Readonly<Record<string, string>>;
  /** How long the URL is valid, in seconds: at most a week. */
  readonly seconds: number;
}

/**
 * Signs a URL, which then needs no other credentials, and returns its query. Requests must send the signed headers as they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export const signUrl = (
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { method, path, region, service, now, seconds, query = {}, headers }: UrlToSign,
): string => {
  const scope = { time: formatTime(now), region, service };
  const all = {
    ...query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${accessKeyId}/${scope.time.slice(0, 8)}/${region}/${service}/aws4_request`,
    "X-Amz-Date": scope.time,
    "X-Amz-Expires": String(seconds),
    ...(sessionToken !== undefined && { "X-Amz-Security-Token": sessionToken }),
    "X-Amz-SignedHeaders": Object.keys(headers).toSorted().join(";"),
  };
  const canonical = canonicalQuery(all);
  const parts = {
    method,
    ...(path !== undefined && { path }),
    query: canonical,
    headers,
    bodyHash: "UNSIGNED-PAYLOAD",
  };
  const { signature } = signRequest(parts, scope, deriveKey(secretAccessKey, scope));
  return `${canonical}&X-Amz-Signature=${signature}`;
};

/** The query as it is signed: percent-encoded, in the order of names. */
const canonicalQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`)
    .toSorted()
    .join("&");

const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** For example `20261130T080000Z`. */
const formatTime = (now: number): string => `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;

/** Creates a signer of POST requests of the protocol AWS JSON 1.0. */
export const createSigner = () => {
  const sign = createRequestSigner();
  return (
    credentials: Credentials,
    { host, region, service, target, version = "1.0", body, now }: SignableRequest,
  ): Record<string, string> =>
    sign(credentials, {
      region,
      service,
      now,
      method: "POST",
      headers: { "content-type": `application/x-amz-json-${version}`, host, "x-amz-target": target },
      bodyHash: sha256(body),
    });
};
