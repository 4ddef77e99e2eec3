import { expect, it } from "@jest/globals";
import { startDynamoDb } from "../../local/dynamodb.ts";

// macOS has no other loopback address than 127.0.0.1.
const test = process.platform === "darwin" ? it.skip : it;

test("embedded DynamoDB › listens on loopback addresses that web pages cannot guess", async () => {
  const engines = await Promise.all([startDynamoDb(undefined), startDynamoDb(undefined)]);
  try {
    const [one, other] = engines.map(({ client }) => new URL(String(client.endpoint)));
    expect((await fetch(String(one))).status).toBe(200);
    expect(one?.hostname).toMatch(/^127\./);
    expect(one?.hostname).not.toBe(other?.hostname);
    await expect(fetch(`http://127.0.0.1:${one?.port}`)).rejects.toThrow("fetch failed");
  } finally {
    await Promise.all(engines.map(({ stop }) => stop()));
  }
});
