import { createHash, createHmac, hash } from "node:crypto";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { createSigner, deriveKey, signRequest, signUrl } from "../../../lib/aws/sigv4.ts";

/** Captures the request that the SDK would send. */
const sdkRequest = async (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => {
  let sent: { headers: Record<string, string>; body: string } | undefined;
  const client = new DynamoDBClient({
    region: "eu-central-1",
    credentials,
    endpoint: "https://dynamodb.eu-central-1.amazonaws.com",
    requestHandler: {
      handle: async (request: { headers: Record<string, string>; body: string }) => {
        sent = request;
        throw new Error("caught");
      },
    },
    maxAttempts: 1,
  });
  await client.send(new ListTablesCommand({ Limit: 1 })).catch(() => {});
  if (sent === undefined) throw new Error("The SDK sent nothing");
  return sent;
};

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Computes Signature Version 4 for the headers that a request signed. */
const signatureOf = (headers: Record<string, string>, body: string, secret: string) => {
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
  const canonical = [
    "POST",
    "/",
    "",
    ...names.split(";").map((name) => `${name}:${headers[name]}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secret}`);
  return hmac(key, ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n")).toString("hex");
};
const readSignature = (headers: Record<string, string>) =>
  /Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "")?.[1];

/** Signed header names. */
const readNames = (headers: Record<string, string>) =>
  /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "")?.[1]?.split(";");

/** Cases of AWS's Signature Version 4 test suite with the path `/`. */
describe("signRequest", () => {
  const scope = { time: "20150830T123600Z", region: "us-east-1", service: "service" };
  const key = deriveKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope);
  const common = { host: "example.amazonaws.com", "x-amz-date": scope.time };
  const token =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

  it.each([
    {
      name: "get-vanilla",
      request: { method: "GET", headers: common, body: "" },
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    {
      name: "get-vanilla-query-order-key-case",
      request: { method: "GET", query: "Param1=value1&Param2=value2", headers: common, body: "" },
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    },
    {
      name: "post-vanilla",
      request: { method: "POST", headers: common, body: "" },
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    },
    {
      name: "post-x-www-form-urlencoded",
      request: {
        method: "POST",
        headers: { ...common, "content-type": "application/x-www-form-urlencoded" },
        body: "Param1=value1",
      },
      signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
    {
      name: "post-sts-header-before",
      request: { method: "POST", headers: { "x-amz-security-token": token, ...common }, body: "" },
      signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    },
  ])("signs $name of AWS's test suite", ({ request, signature }) => {
    const { body, ...rest } = request;
    expect(signRequest({ ...rest, bodyHash: hash("sha256", body) }, scope, key).signature).toBe(signature);
  });
});

describe("createSigner", () => {
  const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  it.each([{ accessKeyId: "AKID" }, { accessKeyId: "ASIA", sessionToken: "a/session+token=" }])(
    "equals the SDK's signature: %j",
    async (some) => {
      const credentials = { ...some, secretAccessKey };
      const theirs = await sdkRequest(credentials);
      const now = Date.parse(
        (theirs.headers["x-amz-date"] ?? "").replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"),
      );

      const ours = createSigner()(credentials, {
        host: "dynamodb.eu-central-1.amazonaws.com",
        region: "eu-central-1",
        service: "dynamodb",
        target: "DynamoDB_20120810.ListTables",
        body: theirs.body,
        now,
      });

      // Both sign different headers by the same rules.
      expect(signatureOf(theirs.headers, theirs.body, secretAccessKey)).toBe(readSignature(theirs.headers));
      expect(signatureOf(ours, theirs.body, secretAccessKey)).toBe(readSignature(ours));
      // Signature Version 4 demands that the names are sorted.
      expect(readNames(ours)).toEqual(readNames(ours)?.toSorted());
      expect(readNames(ours)).toContain("host");
      for (const name of ["content-type", "x-amz-date", "x-amz-target", "x-amz-security-token"])
        expect(ours[name]).toBe(theirs.headers[name]);
      expect(ours.authorization?.split(",")[0]).toBe(theirs.headers.authorization?.split(",")[0]);
    },
  );

  it("changes the signature with the day, the region, the service and the secret", () => {
    const sign = createSigner();
    const toSign = { host: "h", region: "r", service: "s", target: "t", body: "{}", now: 0 };
    const signatures = [
      sign({ accessKeyId: "a", secretAccessKey: "s" }, toSign),
      sign({ accessKeyId: "a", secretAccessKey: "s" }, { ...toSign, now: 86_400_000 }),
      sign({ accessKeyId: "a", secretAccessKey: "s" }, { ...toSign, region: "q" }),
      sign({ accessKeyId: "a", secretAccessKey: "s" }, { ...toSign, service: "q" }),
      sign({ accessKeyId: "a", secretAccessKey: "z" }, toSign),
    ].map((headers) => readSignature(headers));

    expect(new Set(signatures).size).toBe(5);
    expect(readSignature(sign({ accessKeyId: "a", secretAccessKey: "s" }, toSign))).toBe(signatures[0]);
  });
});

describe("signUrl", () => {
  it("signs as in AWS's example", () => {
    const query = signUrl(
      { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
      {
        service: "s3",
        region: "us-east-1",
        method: "GET",
        path: "/test.txt",
        headers: { host: "examplebucket.s3.amazonaws.com" },
        now: Date.UTC(2013, 4, 24),
        seconds: 86_400,
      },
    );

    expect(query).toMatch(/&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
  });
});
