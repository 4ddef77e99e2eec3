import dns from "node:dns";
import type { LookupFunction } from "node:net";
import { HttpFailure } from "../../core/ports/http.ts";
import type { Reach } from "./url-flaw.ts";

/** What a name stands for. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export const resolve: Resolve = (host) => dns.promises.lookup(host, { all: true });

/**
 * What sockets ask for the addresses they connect to: there is no other look at a name before or after it, so that it can't stand for something else
 * by then. A name of which one address must not be reached is refused altogether.
 */
export const guardedLookup =
  (find: Resolve, { reaches }: Pick<Reach, "reaches">): LookupFunction =>
  (host, { all }, told) => {
    const answer = async () => {
      const found = await find(host);
      const [first] = found;
      if (first === undefined || !found.every(({ address }) => reaches(address)))
        throw new HttpFailure("refused", `The host ${host} is not a public one.`);
      if (all) told(null, [...found]);
      else told(null, first.address, first.family);
    };
    answer().catch((error: NodeJS.ErrnoException) => told(error, []));
  };
