import { createHmac, timingSafeEqual } from "node:crypto";
import type { Log } from "../core/log.ts";
import type { World } from "../core/objects/world.ts";
import { PageCache } from "../core/store/page-cache.ts";
import { transactions } from "../core/store/transact.ts";
import { type Identification, openIdentification } from "./identify.ts";
import { once } from "./once.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";

/** What `functions/api` is made of. */
export interface Api {
  readonly world: World;
  readonly identification: Identification;
  /** Signs what a client is to bring back unchanged. */
  readonly seal: Seal;
  readonly plugins: readonly { readonly name: string; readonly about: string }[];
  readonly log: Log;
  close(): Promise<void>;
}

export interface Seal {
  sign(text: string): Promise<string>;
  isSigned(text: string, signature: string): Promise<boolean>;
}

export const openApi = async (opening: Opening): Promise<Api> => {
  const around = openSurroundings(opening);
  const { settings, plugins } = around.config;
  const secret = once(() => around.store.secret("page_token_secret"));
  const sign = async (text: string) =>
    createHmac("sha256", await secret())
      .update(text)
      .digest("base64url");
  return {
    world: {
      transactions: transactions(around.store),
      pages: new PageCache(),
      grants: { bucketCreate: settings.bucketCreatePrincipals },
      limits: { page: Math.min(settings.paginateBy ?? settings.storageMaxFetchSize, settings.storageMaxFetchSize) },
    },
    identification: await openIdentification(around),
    seal: {
      sign,
      isSigned: async (text, signature) => {
        const [expected, given] = [Buffer.from(await sign(text)), Buffer.from(signature)];
        return expected.length === given.length && timingSafeEqual(expected, given);
      },
    },
    plugins,
    log: around.log,
    close: () => closeAll(around),
  };
};
