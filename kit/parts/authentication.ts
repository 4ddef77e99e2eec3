import type { JsonObject } from "../../lib/json.ts";
import type { PluginContext } from "../context.ts";
import type { Part, ShapeOf } from "./part.ts";

/**
 * Identifies the users of requests by the `Authorization` header.
 * @example
 * const authentication: AuthenticationDefinition<void, void> = {
 *   scheme: "bearer",
 *   challenge: 'Bearer realm="Example"',
 *   identify: (token) => (token === "secret" ? "alice" : null),
 * };
 */
export interface AuthenticationDefinition<Config, Services> {
  /** The scheme of the `Authorization` header in lower case, such as `basic`. */
  readonly scheme: string;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /**
   * Whether any credentials are accepted, so that anyone on the Internet is a user. Such a plugin is deployed only if the
   * config says `deploy: { exposed: true }`; false when absent.
   */
  readonly acceptsAnyone?: boolean;
  /** Returns the user's id without the plugin's prefix, or `null` if the credentials are invalid. */
  readonly identify: (
    credentials: string,
    context: PluginContext<Config, Services>,
  ) => string | null | Promise<string | null>;
}

export interface AuthenticationPart<Config, Services> {
  readonly authentication?: AuthenticationDefinition<Config, NoInfer<Services>>;
  /** Fields that `GET /v1/` adds to the user's id and principals. */
  readonly userInfo?: (user: string, context: PluginContext<Config, NoInfer<Services>>) => Promise<JsonObject>;
}

export interface AuthenticationInstance {
  readonly identify: (credentials: string) => Promise<string | null>;
}

export const authentication: Part<
  Pick<AuthenticationDefinition<never, never>, "scheme" | "challenge" | "acceptsAnyone"> | undefined,
  AuthenticationInstance | undefined
> = {
  kind: "object",
  single: true,
  shape: { scheme: "text!", challenge: "text!", acceptsAnyone: "flag", identify: "function!" } satisfies ShapeOf<
    AuthenticationDefinition<never, never>
  >,
  resolve: ({ authentication }) => authentication,
  bind: ({ authentication }, context) =>
    authentication && { identify: async (credentials) => authentication.identify(credentials, context) },
};

export const userInfo: Part<boolean, ((user: string) => Promise<JsonObject>) | undefined> = {
  kind: "function",
  resolve: (definition) => definition.userInfo !== undefined,
  bind: ({ userInfo }, context) => userInfo && ((user) => userInfo(user, context)),
};
