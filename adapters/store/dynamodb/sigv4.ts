import { createHmac, hash } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignableRequest {
  readonly host: string;
  readonly region: string;
  readonly target: string;
  readonly body: string;
  /** Epoch ms. */
  readonly now: number;
}

const SERVICE = "dynamodb";
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => hash("sha256", text);

/**
 * Creates a signer of POST requests of DynamoDB's JSON protocol (Signature Version 4). Caches the signing key, which is
 * valid for a day.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const createSigner = () => {
  let cached: { scope: string; key: Buffer } = { scope: "", key: Buffer.alloc(0) };

  const keyFor = (secret: string, day: string, region: string): Buffer => {
    const scope = `${day} ${region} ${secret}`;
    if (cached.scope !== scope)
      cached = { scope, key: hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), SERVICE), "aws4_request") };
    return cached.key;
  };

  /** Returns the headers of a signed request. */
  return (
    { accessKeyId, secretAccessKey, sessionToken }: Credentials,
    { host, region, target, body, now }: SignableRequest,
  ): Record<string, string> => {
    const time = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
    const day = time.slice(0, 8);
    const headers: Record<string, string> = {
      "content-type": "application/x-amz-json-1.0",
      host,
      "x-amz-date": time,
      ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
      "x-amz-target": target,
    };
    const names = Object.keys(headers).join(";");
    const canonical = `POST\n/\n\n${Object.entries(headers)
      .map(([name, value]) => `${name}:${value}\n`)
      .join("")}\n${names}\n${sha256(body)}`;
    const scope = `${day}/${region}/${SERVICE}/aws4_request`;
    const signature = hmac(
      keyFor(secretAccessKey, day, region),
      `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`,
    ).toString("hex");
    const credential = `Credential=${accessKeyId}/${scope}`;
    headers.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`;
    return headers;
  };
};
