import { toAccountOptions } from "./accounts.ts";
import { OPENID, POLICIES, type Policy } from "./counterparts.ts";
import type { AddFinding } from "./findings.ts";
import { isOpenIdSetting, translateOpenId } from "./openid.ts";
import { splitList } from "./setting-values.ts";
import type { PluginCall, Settings } from "./settings-map.ts";

const readPolicies = (kintoSettings: Settings): readonly string[] =>
  splitList(kintoSettings.get("multiauth.policies")?.text);

/** Converts the authentication policies. Those that are lost change who may do what. */
export const translatePolicies = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  const policies = readPolicies(kintoSettings);
  const lost = (name: string, why: string) =>
    add("lost", `multiauth.policies: ${name}`, `${why}: its users cannot log in`, { isSecurity: true });
  const openIds = policies.filter((name) => findPolicy(kintoSettings, name)?.call === OPENID);
  const openId = translateOpenId(kintoSettings, openIds, add);
  for (const name of openId.incomplete)
    lost(name, "needs the URL of an issuer, a client_id, and a name of letters, digits and dashes");
  const calls = policies.flatMap((name): readonly PluginCall[] => {
    const policy = findPolicy(kintoSettings, name);
    // In the order of the policies, with the first of its kind.
    if (policy?.call === OPENID) return name === openIds[0] ? openId.calls : [];
    if (policy?.call === undefined) {
      lost(name, policy?.note ?? "has no counterpart in Kintoun");
      return [];
    }
    if (policy.prefix !== undefined) {
      if (name !== policy.prefix) lost(name, `is not converted, because its ids begin with ${policy.prefix}`);
      return name === policy.prefix ? [{ call: policy.call, options: toAccountOptions(kintoSettings, add) }] : [];
    }
    // User ids begin with the name of the policy in Kinto, and with the name of the plugin in Kintoun.
    const prefix = name.toLowerCase();
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(prefix)) {
      lost(name, "is not converted, because no plugin can have its name, with which user ids begin");
      return [];
    }
    return [{ call: policy.call, ...(prefix !== policy.call && { options: { name: prefix } }) }];
  });
  if (policies.length > 0 && calls.length === 0)
    add("lost", "multiauth.policies", "has no policy that is left: every request is anonymous", { isSecurity: true });
  const prefixes = policies
    .filter((name) => findPolicy(kintoSettings, name)?.call === undefined || openId.incomplete.includes(name))
    .map((name) => `${name.toLowerCase()}:`);
  for (const [name, { key, text }] of kintoSettings)
    if (name.endsWith("_principals") && splitList(text).some((word) => prefixes.some((one) => word.startsWith(one))))
      add("lost", key, "names users of a policy that is not converted: no one has these permissions", {
        isSecurity: true,
      });
  return calls;
};

const findPolicy = (kintoSettings: Settings, name: string): Policy | undefined => {
  const standard = name === "basicauth" ? "BasicAuthAuthenticationPolicy" : "";
  const used = (kintoSettings.get(`multiauth.policy.${name}.use`)?.text ?? standard).split(".").at(-1) ?? "";
  return POLICIES.find(({ classes }) => classes.includes(used));
};

/** Adds a finding about a setting of an authentication policy, unless it was converted. */
export const explainPolicySetting = (kintoSettings: Settings, name: string, key: string, add: AddFinding): void => {
  const [, , policy = "", ...setting] = name.split(".");
  const counterpart = findPolicy(kintoSettings, policy);
  if (!readPolicies(kintoSettings).includes(policy))
    add("info", key, "has no effect in Kinto either: multiauth.policies does not name the policy");
  else if (counterpart?.call === OPENID && isOpenIdSetting(setting.join("."))) return;
  else if (/secret|password/.test(name)) add("info", key, "is a secret, which is not written to the config");
  else if (counterpart?.call === undefined)
    add("info", key, `belongs to a policy that ${counterpart?.note ?? "has no counterpart in Kintoun"}`);
  else if (setting.join(".") !== "use") add("lost", key, "has no counterpart in Kintoun");
};
