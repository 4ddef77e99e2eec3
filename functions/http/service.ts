import { Failure } from "../../core/errors.ts";
import type { Settings } from "../../core/settings.ts";

/** The `Backoff` and `Alert` headers of the settings. @param now epoch ms */
export const serviceHeaders = (settings: Settings, now: number): Readonly<Record<string, string>> => {
  const { backoff, backoffPercentage = 100 } = settings;
  const end = endOfService(settings, now);
  return {
    ...(backoff !== undefined && Math.random() * 100 < backoffPercentage && { Backoff: String(backoff) }),
    ...(end !== undefined && { Alert: end.alert }),
  };
};

/** Throws a 410 after the end of the service. @param now epoch ms */
export const requireInService = (settings: Settings, now: number): void => {
  if (endOfService(settings, now)?.reached) throw new Failure("SERVICE_DEPRECATED");
};

/** The announced end of the service, if one is set; `reached` once it is past. */
const endOfService = (
  { eos, eosMessage, eosUrl, projectDocs }: Settings,
  now: number,
): { readonly reached: boolean; readonly alert: string } | undefined => {
  if (eos === undefined) return undefined;
  const reached = Date.parse(eos) <= now;
  const code = reached ? "hard-eol" : "soft-eol";
  return { reached, alert: JSON.stringify({ code, message: eosMessage ?? null, url: eosUrl ?? projectDocs }) };
};
