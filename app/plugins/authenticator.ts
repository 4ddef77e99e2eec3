import type { UserId } from "../../core/permissions/principals.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { AppContext } from "../app-context.ts";

/** Finds the user of a request. */
export interface Authenticator {
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** Returns the user that the `Authorization` header proves, or `null`. */
  identify(authorization: string | undefined): Promise<UserId>;
}

/** Creates an authenticator from the plugins, in the order of the config. User ids begin with the plugin's name. */
export const createAuthenticator = async (app: AppContext): Promise<Authenticator> => {
  const authenticating = app.config.plugins.filter(
    (plugin): plugin is PluginManifest & { authentication: object } => plugin.authentication !== undefined,
  );
  const policies = await Promise.all(
    authenticating.map(async (plugin) => ({
      name: plugin.name,
      ...plugin.authentication,
      identify: (await app.start(plugin)).authentication?.identify,
    })),
  );
  return {
    challenges: policies.map(({ challenge }) => challenge),
    identify: async (authorization) => {
      const [, scheme = "", credentials = ""] = /^([a-z0-9-]+) +(\S.*)$/i.exec(authorization?.trim() ?? "") ?? [];
      for (const policy of policies) {
        if (policy.scheme !== scheme.toLowerCase()) continue;
        const id = await policy.identify?.(credentials);
        if (id !== null && id !== undefined) return `${policy.name}:${id}`;
      }
      return null;
    },
  };
};
