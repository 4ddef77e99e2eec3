import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import { search } from "../../plugins/search/index.ts";
import { allows, roleOf } from "./roles.ts";
import { synthesize } from "./synthesize.ts";

/** An OpenSearch that finds nothing, and notes what IAM would be asked. */
const startListeningDomain = async () => {
  const asked: { action: string; resource: string }[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://domain");
    const method = String(request.method);
    asked.push({
      action: `es:ESHttp${method[0]}${method.slice(1).toLowerCase()}`,
      resource: `arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/finder${pathname}`,
    });
    const answer = pathname.endsWith("_search")
      ? { timed_out: false, _shards: { failed: 0 }, hits: { total: { value: 0 }, hits: [] } }
      : { errors: false, items: [] };
    request
      .resume()
      .on("end", () => response.setHeader("content-type", "application/json").end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const engine = openOpenSearch({ node: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const stop = async () => {
    await engine.close();
    server.closeAllConnections();
    server.close();
  };
  return { engine, asked, [Symbol.asyncDispose]: stop };
};

describe("permissions on the search domain", () => {
  const stack = synthesize();
  const refusedTo = (about: string, asked: readonly { action: string; resource: string }[]) =>
    asked.filter((one) => !allows(roleOf(stack, stack.lambda(about)), one));

  it("allow the search function to search, not to write", async () => {
    await using domain = await startListeningDomain();
    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));
    expect(refusedTo("serves searches", domain.asked)).toEqual([]);

    await domain.engine.write([{ index: "generation", id: "r", version: 1, document: null }]);
    expect(refusedTo("serves searches", domain.asked)).not.toEqual([]);
  });

  it("allow api to read the health and to search", async () => {
    await using domain = await startListeningDomain();
    await domain.engine.ping();
    expect(domain.asked).toHaveLength(1);
    expect(refusedTo("serves the HTTP API", domain.asked)).toEqual([]);
    expect(refusedTo("serves searches", domain.asked)).toEqual(domain.asked);

    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));
    expect(domain.asked).toHaveLength(2);
    expect(refusedTo("serves the HTTP API", domain.asked)).toEqual([]);
  });

  it("allow api no write", async () => {
    await using domain = await startListeningDomain();
    await domain.engine.write([{ index: "generation", id: "r", version: 1, document: { id: "r" } }]);
    expect(domain.asked).not.toEqual([]);
    expect(refusedTo("serves the HTTP API", domain.asked)).toEqual(domain.asked);
  });

  it("allow the plugin's worker to write, search and read the health", async () => {
    await using domain = await startListeningDomain();
    await domain.engine.write([
      { index: "generation", id: "r", version: 1, document: { id: "r" } },
      { index: "generation", id: "s", version: 1, document: null },
    ]);
    await domain.engine.drop("generation");
    await domain.engine.ping();
    await domain.engine.search("generation", parseSearch({ query: { match_all: {} } }));

    expect(domain.asked.length).toBeGreaterThanOrEqual(5);
    expect(refusedTo("runs the listener search-index", domain.asked)).toEqual([]);
    expect(refusedTo("runs the listener email-notify", domain.asked)).toEqual(domain.asked);
  });

  it("need the name of a domain", () => {
    expect(() => synthesize([search()])).toThrow(
      "plugins: search.domain is missing. Name the OpenSearch domain to use in AWS.",
    );
  });
});
