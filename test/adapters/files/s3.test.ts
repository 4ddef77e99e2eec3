import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createS3Files } from "../../../adapters/files/s3.ts";
import type { Files } from "../../../core/ports/files.ts";
import { createLocalFiles } from "../../../local/files.ts";
import { type SqsEngine, startSqs } from "../../../local/sqs.ts";
import { filesContract } from "../../contracts/files.ts";

const BUCKET = "kintoun-files-test";
let engine: SqsEngine;
let files: Files;
const server = createServer();

beforeAll(async () => {
  engine = await startSqs(undefined);
  const { endpoint = "" } = engine.client;
  await fetch(`${endpoint}/${BUCKET}`, { method: "PUT", headers: { authorization: "local" } });
  const serve = createLocalFiles({ endpoint, corsOrigins: ["https://*.example.org"] });
  server.on("request", (request, response) => void serve(request, response));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  files = createS3Files({ connection: engine.client, bucket: BUCKET, origin: `http://localhost:${port}` });
});
afterAll(async () => {
  await files.close();
  server.close();
  server.closeAllConnections();
  await engine.stop();
});

filesContract(() => files);

describe("createLocalFiles", () => {
  const sign = () => files.signDownload("cors.txt", { type: "text/plain", disposition: "inline" }, 60);

  it("answers pages of allowed origins only", async () => {
    await files.put("cors.txt", Buffer.from("x"), { type: "text/plain", disposition: "inline" });
    const preflight = async (origin: string) =>
      fetch(await sign(), { method: "OPTIONS", headers: { origin, "access-control-request-method": "PUT" } });

    expect((await preflight("https://app.example.org")).status).toBe(200);
    expect((await preflight("https://example.com")).status).toBe(403);
    const response = await fetch(await sign(), { headers: { origin: "https://app.example.org" } });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.org");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("sends files that run no script, and none as code of a page", async () => {
    await files.put("code.js", Buffer.from("alert(1)"), { type: "text/javascript", disposition: "attachment" });
    const signed = () => files.signDownload("code.js", { type: "text/javascript", disposition: "attachment" }, 60);
    const get = async (destination: string) => fetch(await signed(), { headers: { "sec-fetch-dest": destination } });

    const { status, headers } = await get("document");
    expect([status, headers.get("content-disposition")]).toEqual([200, expect.stringMatching(/^attachment/)]);
    expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    for (const destination of ["script", "style", "worker", "serviceworker", "object"])
      expect((await get(destination)).status).toBe(403);
    expect((await get("image")).status).toBe(200);
  });

  it("returns a range, and a 404 for a missing file", async () => {
    await files.put("cors.txt", Buffer.from("0123456789"), { type: "text/plain", disposition: "inline" });
    const part = await fetch(await sign(), { headers: { range: "bytes=2-4" } });

    expect([part.status, await part.text()]).toEqual([206, "234"]);
    const missing = await files.signDownload("missing.txt", { type: "text/plain", disposition: "inline" }, 60);
    expect((await fetch(missing)).status).toBe(404);
  });
});
