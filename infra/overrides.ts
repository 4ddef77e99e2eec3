import { isDeepStrictEqual } from "node:util";
import { type Config, readConfig } from "../app/config.ts";
import type { KintounConfig } from "../kit/config.ts";

/** The variables that make of a written config the one that was read at synthesis: what was overridden there is so in the functions too. */
export const overridesOf = ({ settings, useridHmacSecret, plugins }: Config, written: KintounConfig): Record<string, string> => {
  const { settings: before } = readConfig({ ...written, plugins: [] });
  const now = { ...settings, plugins: plugins.map(({ name }) => name), secret: useridHmacSecret };
  const then = { ...before, plugins: written.plugins.map(({ name }) => name), secret: undefined };
  const variables = {
    plugins: "KINTOUN_PLUGINS",
    paginateBy: "KINTOUN_PAGINATE_BY",
    storageMaxFetchSize: "KINTOUN_STORAGE_MAX_FETCH_SIZE",
    bucketCreatePrincipals: "KINTOUN_BUCKET_CREATE_PRINCIPALS",
    secret: "KINTOUN_USERID_HMAC_SECRET",
  } as const satisfies Record<keyof typeof now, string>;
  const changed = (Object.keys(variables) as (keyof typeof variables)[]).filter((part) => now[part] !== undefined && !isDeepStrictEqual(now[part], then[part]));
  // A list's text is its parts with commas between.
  return Object.fromEntries(changed.map((part) => [variables[part], String(now[part])]));
};
