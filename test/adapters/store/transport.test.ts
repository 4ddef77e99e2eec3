import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createTransport } from "../../../adapters/store/dynamodb/transport.ts";
import { LOCAL_CREDENTIALS } from "../../../local/dynamodb.ts";

type Reply = { status: number; body: string } | "hang up";
let server: Server;
afterEach(() => void server.close());

/** Starts a table that returns the given responses in order, and then repeats the last one. */
const tableThat = async (...replies: Reply[]) => {
  const requests: { headers: IncomingMessage["headers"]; body: Record<string, unknown> }[] = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    if (reply === "hang up" || reply === undefined) request.socket.destroy();
    else response.writeHead(reply.status).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { ...createTransport({ endpoint, ...LOCAL_CREDENTIALS }), requests };
};

const fine: Reply = { status: 200, body: '{"Item":{"a":{"S":"x"}}}' };
const error = (status: number, name: string, more = {}): Reply => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more }),
});
const key = { TableName: "t", Key: { pk: { S: "p" } } };

describe("createTransport", () => {
  it("sends signed requests of DynamoDB's JSON protocol", async () => {
    const { send, requests } = await tableThat(fine);

    expect(await send("GetItem", key)).toEqual({ Item: { a: { S: "x" } } });
    expect(requests[0]?.body).toEqual(key);
    expect(requests[0]?.headers).toMatchObject({
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.GetItem",
    });
    expect(requests[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=local\/\d{8}\/us-east-1\/dynamodb\/aws4_request, SignedHeaders=/,
    );
  });

  it.each<[string, Reply]>([
    ["throttling", error(400, "ProvisionedThroughputExceededException")],
    ["a server error", error(500, "InternalServerError")],
    ["a response that is not JSON", { status: 502, body: "<html>" }],
    ["a closed connection", "hang up"],
    ["the same transaction in progress", error(400, "TransactionInProgressException")],
    ["a transaction of another writer on the item", error(400, "TransactionConflictException")],
  ])("retries after %s", async (_, fault) => {
    const { send, requests } = await tableThat(fault, fault, fine);

    expect(await send("GetItem", key)).toEqual({ Item: { a: { S: "x" } } });
    expect(requests).toHaveLength(3);
  });

  it("retries a transaction with the same token", async () => {
    const { send, requests } = await tableThat("hang up", error(500, "InternalServerError"), {
      status: 200,
      body: "{}",
    });

    await send("TransactWriteItems", { TransactItems: [] });

    const tokens = requests.map(({ body }) => body.ClientRequestToken);
    expect(tokens).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("rejects with a 503 failure when the error persists", async () => {
    const { send, requests } = await tableThat(error(400, "ThrottlingException"));

    await expect(send("GetItem", key)).rejects.toMatchObject({
      kind: "BACKEND",
      cause: { name: "ThrottlingException" },
    });
    expect(requests).toHaveLength(6);
  });

  it.each([
    "ConditionalCheckFailedException",
    "ValidationException",
    "ResourceNotFoundException",
    "AccessDeniedException",
  ])("does not retry %s", async (name) => {
    const { send, requests } = await tableThat(error(400, name));

    await expect(send("GetItem", key)).rejects.toMatchObject({ name, message: name });
    expect(requests).toHaveLength(1);
  });

  it("returns the cancellation reason of each item", async () => {
    const reasons = [{ Code: "None" }, { Code: "ConditionalCheckFailed", Item: { a: { S: "x" } } }];
    const { send } = await tableThat(error(400, "TransactionCanceledException", { CancellationReasons: reasons }));

    await expect(send("TransactWriteItems", { TransactItems: [] })).rejects.toMatchObject({
      name: "TransactionCanceledException",
      reasons,
    });
  });
});
