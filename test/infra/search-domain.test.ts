/** @slow */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import { search } from "../../plugins/search/index.ts";
import { allows, roleOf } from "./roles.ts";
import { synthesize } from "./synthesize.ts";

/** Starts an OpenSearch without documents that records the calls that IAM would check. */
const startRecordingDomain = async () => {
  const calls: { action: string; resource: string }[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://domain");
    const method = String(request.method);
    calls.push({
      action: `es:ESHttp${method[0]}${method.slice(1).toLowerCase()}`,
      resource: `arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/finder${pathname}`,
    });
    const body = pathname.endsWith("_search")
      ? { timed_out: false, _shards: { failed: 0 }, hits: { total: { value: 0 }, hits: [] } }
      : { errors: false, items: [] };
    request.resume().on("end", () => response.setHeader("content-type", "application/json").end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const engine = openOpenSearch({ node: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const stop = async () => {
    await engine.close();
    server.closeAllConnections();
    server.close();
  };
  return { engine, calls, [Symbol.asyncDispose]: stop };
};

describe("permissions on the search domain", () => {
  const stack = synthesize();
  const deniedCalls = (about: string, calls: readonly { action: string; resource: string }[]) =>
    calls.filter((call) => !allows(roleOf(stack, stack.lambda(about)), call));

  it("allow the search function to search but not to write", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));
    expect(deniedCalls("serves searches", domain.calls)).toEqual([]);

    await domain.engine.write([{ index: "generation", id: "r", version: 1, document: null }]);
    expect(deniedCalls("serves searches", domain.calls)).not.toEqual([]);
  });

  it("allow api to read the health and to search", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.ping();
    expect(domain.calls).toHaveLength(1);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual([]);
    expect(deniedCalls("serves searches", domain.calls)).toEqual(domain.calls);

    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));
    expect(domain.calls).toHaveLength(2);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual([]);
  });

  it("do not allow api to write", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.write([{ index: "generation", id: "r", version: 1, document: { id: "r" } }]);
    expect(domain.calls).not.toEqual([]);
    expect(deniedCalls("serves the HTTP API", domain.calls)).toEqual(domain.calls);
  });

  it("allow the plugin's worker to write, search and read the health", async () => {
    await using domain = await startRecordingDomain();
    await domain.engine.write([
      { index: "generation", id: "r", version: 1, document: { id: "r" } },
      { index: "generation", id: "s", version: 1, document: null },
    ]);
    await domain.engine.drop("generation");
    await domain.engine.ping();
    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));

    expect(domain.calls.length).toBeGreaterThanOrEqual(5);
    expect(deniedCalls("runs the listener search-index", domain.calls)).toEqual([]);
    expect(deniedCalls("runs the listener email-notify", domain.calls)).toEqual(domain.calls);
  });

  it("require the name of a domain", () => {
    expect(() => synthesize([search()])).toThrow(
      "plugins: search.domain is missing. Name the OpenSearch domain to use in AWS.",
    );
  });
});
