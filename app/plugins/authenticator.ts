import { parse as parseCookies } from "hono/utils/cookie";
import { Failure } from "../../core/errors.ts";
import { findPrincipalIssue, isPlugin, type UserId } from "../../core/permissions/principals.ts";
import {
  type AuthenticationManifest,
  type AuthenticationRequest,
  type Identity,
  policiesOf,
  type Scope,
} from "../../kit/parts/authentication.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { AppContext } from "../app-context.ts";

/** What a user is identified by. */
interface IdentifiedBy {
  readonly authorization: string | undefined;
  /** Those of the request, or of the batch. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly address: string | null;
  readonly inBatch: boolean;
}

/** The user of a request, and what the request may do at most. */
export interface IdentifiedUser {
  readonly user: UserId;
  /** `undefined` for all that the user may do. */
  readonly scope?: Scope | undefined;
}

export const ANONYMOUS: IdentifiedUser = { user: null };

/** Finds the user of a request. */
export interface Authenticator {
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** The schemes of `Authorization` in lower case. */
  readonly schemes: readonly string[];
  /** Returns the user that a request proves. Rejects if a plugin refuses the request. */
  identify(by: IdentifiedBy): Promise<IdentifiedUser>;
  /** Whether credentials that a user got at a time, in epoch ms, are still those of the user with this id. */
  isActive(of: { readonly user: string; readonly since: number }): Promise<boolean>;
}

/** Creates an authenticator from the plugins, in the order of the config. User ids begin with a policy of the plugin. */
export const createAuthenticator = async (app: AppContext): Promise<Authenticator> => {
  const authenticating = app.config.plugins.filter(isAuthenticating);
  const policies = await Promise.all(
    authenticating.map(async (plugin) => ({
      plugin,
      schemes: plugin.authentication.schemes,
      instance: (await app.start(plugin)).authentication,
    })),
  );
  /** Whether a user of another plugin may still use its credentials. No user is active without that plugin. */
  const isActive: Authenticator["isActive"] = async ({ user, since }) => {
    const end = user.indexOf(":");
    const [policy, id] = [user.slice(0, end), user.slice(end + 1)];
    const owner = policies.find(({ plugin }) => policiesOf(plugin).includes(policy));
    return (await owner?.instance?.isActive({ id, policy, since })) === true;
  };
  return {
    challenges: authenticating.map(({ authentication }) => authentication.challenge),
    schemes: [...new Set(authenticating.flatMap(({ authentication }) => schemesOf(authentication)))],
    isActive,
    identify: async (by) => {
      const request = toAuthenticationRequest(by);
      for (const { plugin, schemes, instance } of policies) {
        if (schemes !== undefined && !schemes.includes(request.scheme ?? "")) continue;
        const identity = await instance?.identify(request);
        if (identity === null || identity === undefined) continue;
        const found = toUser(plugin, typeof identity === "string" ? { id: identity } : identity);
        if (typeof identity === "string" || !("user" in identity) || (await isActive(identity))) return found;
        throw new Failure("MISSING_AUTH_TOKEN", {
          message: "The user of these credentials is disabled, was deleted, or cannot log in to this store any more.",
        });
      }
      return ANONYMOUS;
    },
  };
};

type AuthenticatingPlugin = PluginManifest & Required<Pick<PluginManifest, "authentication">>;

const isAuthenticating = (plugin: PluginManifest): plugin is AuthenticatingPlugin & { authentication: object } =>
  plugin.authentication !== undefined;

/** A plugin that runs for every request has the scheme of its challenge. */
const schemesOf = ({ schemes, challenge }: Pick<AuthenticationManifest, "schemes" | "challenge">): readonly string[] =>
  schemes ?? [(challenge.trim().split(" ", 1)[0] ?? "").toLowerCase()];

const toAuthenticationRequest = ({ authorization, headers, address, inBatch }: IdentifiedBy): AuthenticationRequest => {
  const [, scheme, credentials = ""] = /^([a-z0-9-]+) +(\S.*)$/i.exec(authorization?.trim() ?? "") ?? [];
  return {
    scheme: scheme?.toLowerCase() ?? null,
    credentials,
    headers: { ...headers, authorization },
    // Most plugins and requests have none.
    get cookies() {
      return parseCookies(headers.cookie ?? "");
    },
    address,
    inBatch,
  };
};

/** The user of an identity. Throws a TypeError, for the log, if the plugin may not identify it. */
const toUser = (plugin: PluginManifest, { scope, ...identity }: Identity): IdentifiedUser => {
  const user = "user" in identity ? requireOtherUser(plugin, identity.user) : requireOwnUser(plugin, identity);
  return { user, ...(scope !== undefined && { scope }) };
};

const requireOwnUser = (
  plugin: PluginManifest,
  { id, policy }: { id: string; policy?: string | undefined },
): string => {
  const policies = policiesOf(plugin);
  if (policy !== undefined && !policies.includes(policy))
    throw new TypeError(`The plugin '${plugin.name}' has no policy '${policy}'. Add it to its policies.`);
  return `${policy ?? policies[0] ?? plugin.name}:${id}`;
};

const requireOtherUser = (plugin: PluginManifest, user: string): string => {
  if (plugin.authentication?.identifiesOtherUsers !== true)
    throw new TypeError(`The plugin '${plugin.name}' returns a user of another plugin. Set identifiesOtherUsers.`);
  const issue = findPrincipalIssue(user);
  if (issue !== undefined || !/^[a-z][\w.-]*:./i.test(user) || isPlugin(user))
    throw new TypeError(`The plugin '${plugin.name}' returns '${user}', which is not a user's id.`);
  return user;
};
