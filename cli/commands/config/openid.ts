import type { AddFinding } from "./findings.ts";
import { splitList } from "./setting-values.ts";
import type { PluginCall, Settings } from "./settings-map.ts";

/** Options of providers by the setting of a policy. */
const PROVIDER_OPTIONS: Readonly<Record<string, string>> = {
  issuer: "issuer",
  issuer_url: "issuer",
  client_id: "clientId",
  audience: "audience",
  userid_field: "userIdField",
  header_type: "headerType",
};
/** Options in seconds that all providers share, with their limits. */
const SHARED_OPTIONS: Readonly<Record<string, readonly [option: string, min: number, max: number]>> = {
  verification_ttl_seconds: ["verificationSeconds", 1, 3600],
  state_ttl_seconds: ["loginSeconds", 60, 3600],
};

/** Whether the options of `openid()` are made of a setting of a policy. */
export const isOpenIdSetting = (name: string): boolean =>
  ["use", "client_secret"].includes(name) ||
  Object.hasOwn(PROVIDER_OPTIONS, name) ||
  Object.hasOwn(SHARED_OPTIONS, name);

/**
 * Converts policies of OpenID Connect to one plugin with a provider for each. Returns it with the names of policies that
 * lack a setting.
 */
export const translateOpenId = (
  kintoSettings: Settings,
  names: readonly string[],
  add: AddFinding,
): { readonly calls: readonly PluginCall[]; readonly incomplete: readonly string[] } => {
  const shared: Record<string, number> = {};
  const providers = names.flatMap((name) => {
    const provider: Record<string, unknown> = {};
    for (const [setting, { key, text }] of kintoSettings) {
      const prefix = `multiauth.policy.${name}.`;
      if (!setting.startsWith(prefix)) continue;
      const own = setting.slice(prefix.length);
      const option = Object.hasOwn(PROVIDER_OPTIONS, own) ? PROVIDER_OPTIONS[own] : undefined;
      const range = Object.hasOwn(SHARED_OPTIONS, own) ? SHARED_OPTIONS[own] : undefined;
      if (option !== undefined) provider[option] = option === "audience" ? splitList(text) : text;
      if (option !== undefined || own === "use") add("info", key, `is ${option ?? "a provider"} of openid()`);
      if (range !== undefined) shared[range[0]] = readSeconds(key, text, range, add);
      if (own === "client_secret") {
        provider.clientSecret = { parameter: `/kintoun/openid/${name.toLowerCase()}` };
        add("action", key, `is not copied. Store it as the parameter /kintoun/openid/${name.toLowerCase()} in SSM`);
      }
    }
    const isComplete = URL.canParse(String(provider.issuer)) && provider.clientId !== undefined;
    return isComplete && /^[a-z][a-z0-9-]{0,30}$/i.test(name) ? [[name.toLowerCase(), provider] as const] : [];
  });
  const converted = providers.map(([name]) => name);
  const incomplete = names.filter((name) => !converted.includes(name.toLowerCase()));
  if (providers.length === 0) return { calls: [], incomplete };
  add("action", "multiauth.policies", "has OpenID Connect. Add the pages at which logins end to callbacks of openid()");
  return {
    calls: [{ call: "openid", options: { providers: Object.fromEntries(providers), callbacks: [], ...shared } }],
    incomplete,
  };
};

const readSeconds = (
  key: string,
  text: string,
  [option, min, max]: readonly [option: string, min: number, max: number],
  add: AddFinding,
): number => {
  const seconds = Math.round(Number(text));
  const limited = Number.isFinite(seconds) ? Math.min(Math.max(seconds, min), max) : max;
  add("info", key, `is ${option} of openid(), which is from ${min} to ${max}`);
  return limited;
};
