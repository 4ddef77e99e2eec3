import type { Settings } from "../../core/settings.ts";

/** What clients are told of the end of the service, if one is set; `hard` once it is there. */
export const endOfService = (
  { eos, eosMessage, eosUrl, projectDocs }: Settings,
  now: number,
): { readonly hard: boolean; readonly alert: string } | undefined => {
  if (eos === undefined) return undefined;
  const hard = Date.parse(eos) <= now;
  return {
    hard,
    alert: JSON.stringify({
      code: hard ? "hard-eol" : "soft-eol",
      message: eosMessage ?? null,
      url: eosUrl ?? projectDocs,
    }),
  };
};
