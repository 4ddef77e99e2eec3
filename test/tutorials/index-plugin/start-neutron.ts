import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@kintoun/kit";

/** A server with the lists of Neutron's API, page by page. */
export interface Neutron extends AsyncDisposable {
  readonly url: string;
  /** What the API lists, by resource. */
  readonly lists: Record<string, readonly JsonObject[]>;
}

/** Objects of a page, whatever the request's limit is. */
const PAGE_SIZE = 2;

/** Starts the server on a free port of loopback. */
export const startNeutron = async (lists: Record<string, readonly JsonObject[]>): Promise<Neutron> => {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", address());
    const plural = url.pathname.replace("/v2.0/", "");
    const all = lists[plural] ?? [];
    const start = Number(url.searchParams.get("marker") ?? 0);
    const next = start + PAGE_SIZE;
    const links = next < all.length ? [{ rel: "next", href: `${address()}/v2.0/${plural}?marker=${next}` }] : [];
    const body = { [plural]: all.slice(start, next), ...(links.length > 0 && { [`${plural}_links`]: links }) };
    response.writeHead(plural in lists ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: address(),
    lists,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
