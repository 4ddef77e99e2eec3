import { request } from "node:http";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { PURGE_LISTENER } from "../../core/events/purge.ts";
import { createQueues, oldestMessageAge, type SqsEngine, startSqs } from "../../local/sqs.ts";

let engine: SqsEngine;
let url: string;
let queue: string;
beforeAll(async () => {
  engine = await startSqs(undefined);
  url = String(engine.client.endpoint);
  const client = new SQSClient(engine.client);
  const { urls } = await createQueues(client, engine, queueConfigs(readConfig({ plugins: [] })));
  queue = urls[PURGE_LISTENER.name] ?? "";
  await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "secret" }));
  client.destroy();
});
afterAll(() => engine.stop());

const AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sqs/aws4_request, Signature=x";

/** Sends a request with any headers, also those that fetch does not let a program set. */
const send = (method: string, path: string, headers: Record<string, string>, body = "") =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    request(`${url}${path}`, { method, headers }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
    })
      .on("error", reject)
      .end(body);
  });

const receive = (headers: Record<string, string>) =>
  send(
    "POST",
    "/",
    { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage", ...headers },
    JSON.stringify({ QueueUrl: queue, VisibilityTimeout: 0 }),
  );

describe("embedded SQS", () => {
  it("answers programs of this computer", async () => {
    expect((await receive({ authorization: AUTHORIZATION })).text).toContain("secret");
    expect(await oldestMessageAge(url, queue)).toEqual(expect.any(Number));
  });

  it.each<[string, Record<string, string>]>([
    ["has resolved its own name to this computer", { host: "evil.example.net", authorization: AUTHORIZATION }],
    ["has another origin", { origin: "http://evil.example.net", authorization: AUTHORIZATION }],
    ["has a hidden origin", { origin: "null", authorization: AUTHORIZATION }],
    ["sends a request across sites", { "sec-fetch-site": "cross-site", authorization: AUTHORIZATION }],
    ["sends no authorization", {}],
  ])("refuses a web page that %s", async (_, headers) => {
    const { status, text } = await receive(headers);
    expect([status, text]).toEqual([403, expect.not.stringContaining("secret")]);
  });

  it("refuses forms and reads of web pages", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded", origin: "http://evil.example.net" };
    expect((await send("POST", "/", form, "Action=ListTopics")).status).toBe(403);
    expect((await send("GET", "/_fauxqs/queues", { host: "evil.example.net" })).status).toBe(403);
    expect((await send("OPTIONS", "/", { origin: "http://evil.example.net" })).status).toBe(403);
  });
});
