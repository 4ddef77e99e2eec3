import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { AwsConnection } from "../../../lib/aws/connection.ts";
import { createJsonClient, type JsonService } from "../../../lib/aws/json-client.ts";

const SERVICE: JsonService = {
  name: "sqs",
  target: "AmazonSQS",
  retryableErrors: new Set(["RequestThrottled"]),
  retryLimits: { maxAttempts: 3, maxMs: 5000, basePauseMs: 1, maxPauseMs: 5 },
};
const KEYS = { accessKeyId: "a", secretAccessKey: "s" };

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Starts a service that answers with a function. Returns a client of it, and what it received. */
const startService = async (
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  connection: Partial<AwsConnection> = {},
) => {
  const requests: IncomingMessage[] = [];
  server = createServer((request, response) => {
    request.resume().once("end", () => answer(request, response, requests.push(request)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createJsonClient(SERVICE, { endpoint, region: "us-east-1", credentials: KEYS, ...connection });
  return { ...client, requests };
};
const refuse = (response: ServerResponse, status: number, code: string, headers = {}) =>
  response.writeHead(status, headers).end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: "no" }));

describe("createJsonClient", () => {
  it("reuses its connection", async () => {
    const { call, close, requests } = await startService((_, response) => response.end("{}"));
    for (let i = 0; i < 3; i++) await call("Ping", "{}");
    close();

    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(1);
    expect(requests[0]?.headers).toMatchObject({ "x-amz-target": "AmazonSQS.Ping", "content-length": "2" });
  });

  it.each([
    ["RequestThrottled", 400, 3, true],
    ["QueueDoesNotExist", 400, 1, false],
    ["AccessDeniedException", 403, 1, false],
    ["InternalFailure", 500, 3, true],
    ["TooManyRequests", 429, 3, true],
  ])("throws %s with the status %i after %i calls", async (code, status, calls, isTransient) => {
    const { call, close, requests } = await startService((_, response) => refuse(response, status, code));

    await expect(call("Ping", "{}")).rejects.toMatchObject({ name: code, message: "no", isTransient });
    expect(requests).toHaveLength(calls);
    close();
  });

  it("throws an error that names the service if the response has no code", async () => {
    const { call, close } = await startService((_, response) => response.writeHead(404).end("<html>"));

    await expect(call("Ping", "{}")).rejects.toMatchObject({
      name: "HTTP 404",
      message: "sqs responded with status 404",
    });
    close();
  });

  it("corrects a clock that is wrong by the date of the response that refuses the signature", async () => {
    const serverTime = Date.now() + 3_600_000;
    const { call, close, requests } = await startService((_, response, count) =>
      count === 1
        ? refuse(response, 403, "InvalidSignatureException", { date: new Date(serverTime).toUTCString() })
        : response.end("{}"),
    );
    await call("Ping", "{}");
    await call("Ping", "{}");
    close();

    const sentAt = requests.map(({ headers }) =>
      Date.parse(
        String(headers["x-amz-date"]).replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, "$1-$2-$3T$4:$5:$6Z"),
      ),
    );
    expect(sentAt.map((time) => Math.round(Math.abs(time - Date.now()) / 3_600_000))).toEqual([0, 1, 1]);
  });

  it("does not repeat a call that is refused while the clock is right", async () => {
    const { call, close, requests } = await startService((_, response) =>
      refuse(response, 403, "InvalidSignatureException"),
    );

    await expect(call("Ping", "{}")).rejects.toMatchObject({ name: "InvalidSignatureException" });
    expect(requests).toHaveLength(1);
    close();
  });

  it("signs each call with the current keys, and not the trace", async () => {
    let count = 0;
    const { call, close, requests } = await startService((_, response) => response.end("{}"), {
      getTrace: () => "Root=1-5-a",
      credentials: async () => ({ ...KEYS, accessKeyId: `key${++count}`, sessionToken: `token${count}` }),
    });
    await call("Ping", "{}");
    await call("Ping", "{}");
    close();

    expect(requests.map(({ headers }) => headers)).toMatchObject([
      { "x-amz-security-token": "token1", "x-amzn-trace-id": "Root=1-5-a" },
      { "x-amz-security-token": "token2", "x-amzn-trace-id": "Root=1-5-a" },
    ]);
    for (const [index, { headers }] of requests.entries()) {
      expect(headers.authorization).toContain(`Credential=key${index + 1}/`);
      expect(headers.authorization).not.toContain("trace");
    }
  });
});
