import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openDomain } from "../../../adapters/search/opensearch/domain.ts";
import { openOpenSearch } from "../../../adapters/search/opensearch/engine.ts";
import { type IndexWrite, WriteRefused } from "../../../core/ports/search-engine.ts";
import { parseSearch } from "../../../core/search/request.ts";

/** A server that answers as it is told; what it was asked stays in `asked`. */
let server: Server;
let endpoint: string;
let asked: { readonly what: string; readonly body: string; readonly authorization: string | undefined }[];
let answer: (what: string, body: string) => { readonly status?: number; readonly body: unknown };

beforeEach(async () => {
  asked = [];
  answer = () => ({ body: {} });
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const what = `${request.method} ${request.url?.split("?")[0]}`;
    asked.push({ what, body, authorization: request.headers.authorization });
    const { status = 200, body: told } = answer(what, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const write = (id: string, document: IndexWrite["document"] = { a: 1 }): IndexWrite => ({
  index: "i",
  id,
  version: 1,
  document,
});
const nothing = { timed_out: false, _shards: { failed: 0 }, hits: { total: { value: 0 }, max_score: null, hits: [] } };

describe("the OpenSearch engine", () => {
  it("tells which writes were refused, and takes version conflicts for done", async () => {
    const items = [
      { index: { status: 201 } },
      { index: { status: 409, error: { type: "version_conflict_engine_exception" } } },
      { index: { status: 429, error: { type: "rejected", reason: "queue full" } } },
    ];
    answer = (what) => ({ body: what === "POST /_bulk" ? { errors: true, items } : {} });
    const engine = openOpenSearch({ node: endpoint });

    const error = await engine.write([write("a"), write("b"), write("c")]).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(WriteRefused);
    expect((error as WriteRefused).refused).toEqual([{ index: "i", id: "c", reason: "429 rejected queue full" }]);
    await engine.close();
  });

  it("gives indices their mapping once, before the first write", async () => {
    const engine = openOpenSearch({ node: endpoint });
    await Promise.all([engine.write([write("a")]), engine.write([write("b")])]);
    await engine.write([]);

    expect(asked.map(({ what }) => what)).toEqual(["PUT /_index_template/kintoun", "POST /_bulk", "POST /_bulk"]);
    await engine.close();
  });

  it("tries the mapping anew after it failed", async () => {
    answer = () => ({ status: 403, body: { error: "no" } });
    const engine = openOpenSearch({ node: endpoint });
    await expect(engine.write([write("a")])).rejects.toThrow();
    answer = () => ({ body: {} });

    await engine.write([write("a")]);
    await engine.close();
  });

  it("parts large writes into requests that a small domain takes", async () => {
    const engine = openOpenSearch({ node: endpoint });
    await engine.write(Array.from({ length: 12 }, (_, n) => write(`r${n}`, { text: "x ".repeat(150_000) })));

    const bulks = asked.filter(({ what }) => what === "POST /_bulk");
    expect(bulks.length).toBeGreaterThan(1);
    expect(Math.max(...bulks.map(({ body }) => body.length))).toBeLessThan(5_000_000);
    expect(bulks.flatMap(({ body }) => body.trim().split("\n")).length).toBe(24);
    await engine.close();
  });

  it("lets old tombstones go at times, and writes on when it can't", async () => {
    answer = (what) => (what.includes("_delete_by_query") ? { status: 403, body: { error: "no" } } : { body: {} });
    const engine = openOpenSearch({ node: endpoint });
    await engine.write([write("a", null)]);
    await engine.write([write("b", null)]);

    expect(asked.filter(({ what }) => what === "POST /kintoun-*/_delete_by_query")).toHaveLength(1);
    await engine.close();
  });

  it.each<[why: string, status: number, body: unknown]>([
    ["fails", 500, { error: { type: "search_phase_execution_exception" } }],
    ["refuses", 400, { error: { type: "illegal_argument_exception" } }],
    ["answers in part", 200, { ...nothing, _shards: { failed: 1 } }],
    ["is late", 200, { ...nothing, timed_out: true }],
  ])("answers with a 503 when OpenSearch %s", async (_, status, body) => {
    answer = () => ({ status, body });
    const engine = openOpenSearch({ node: endpoint });

    await expect(engine.search("i", parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await engine.close();
  });

  it("answers with a 503 when nobody listens, and fails a ping", async () => {
    const engine = openOpenSearch({ node: "http://127.0.0.1:1" });

    await expect(engine.search("i", parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await expect(engine.ping()).rejects.toThrow();
    await engine.close();
  });
});

describe("an OpenSearch domain", () => {
  const set = { AWS_ENDPOINT_URL_OPENSEARCH: "", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const before = Object.keys(set).map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    Object.assign(process.env, set, { AWS_ENDPOINT_URL_OPENSEARCH: endpoint });
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it("is looked up when first needed, and once", async () => {
    // nobody is at port 1 of the loopback, so the search itself fails
    answer = () => ({ body: { DomainStatus: { Endpoint: "127.0.0.1:1" } } });
    const engine = openDomain({ domain: "books", region: "eu-west-1" });
    expect(asked).toEqual([]);

    await expect(engine.search("i", parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });
    await expect(engine.search("i", parseSearch({}))).rejects.toMatchObject({ name: "BACKEND" });

    expect(asked.map(({ what }) => what)).toEqual(["GET /2021-01-01/opensearch/domain/books"]);
    expect(asked[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/es\/aws4_request/,
    );
    await engine.close();
  });

  it("is looked up again when it was still being made", async () => {
    answer = () => ({ body: { DomainStatus: {} } });
    const engine = openDomain({ domain: "books", region: "eu-west-1" });

    await expect(engine.write([write("a")])).rejects.toThrow("has no endpoint yet");
    await expect(engine.write([write("a")])).rejects.toThrow("has no endpoint yet");
    expect(asked).toHaveLength(2);
    await engine.close();
  });
});
