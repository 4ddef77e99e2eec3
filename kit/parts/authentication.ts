import type { JsonObject } from "../../lib/json.ts";
import type { PluginContext } from "../context.ts";
import { hasName } from "../instance-options.ts";
import type { DataPermissions } from "../need.ts";
import type { PluginManifest } from "../plugin.ts";
import { ofOptions, type Part, type PartIssue, type ShapeOf } from "./part.ts";

/**
 * What an authentication plugin sees of a request. The parts of a batch have the headers of the batch, with their own
 * `Authorization`.
 * @example
 * const token = ({ scheme, credentials, cookies }: AuthenticationRequest): string | undefined =>
 *   scheme === "bearer" ? credentials : cookies.session;
 */
export interface AuthenticationRequest {
  /** The scheme of the `Authorization` header in lower case; `null` without a valid header. */
  readonly scheme: string | null;
  /** The text after the scheme; empty without a valid header. */
  readonly credentials: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** By name, without a prototype. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The client's IP address; `null` if it is not known. */
  readonly address: string | null;
  /** Whether it is a part of a batch. */
  readonly inBatch: boolean;
}

/**
 * What a user may do at most: permissions by URI, in the form of `need.data`. The user's own permissions still apply.
 * @example
 * const scope: Scope = { read: ["/buckets/blog"], "record:create": ["/buckets/blog/collections/comments"] };
 */
export type Scope = DataPermissions;

/**
 * A user that a plugin has identified: by an id of its own, or, where the plugin declares `identifiesOtherUsers`, the
 * user of another plugin.
 * @example
 * const identity: Identity = { id: "ada", scope: { read: ["/buckets/blog"] } };
 */
export type Identity =
  | {
      /** The id without the policy. */
      readonly id: string;
      /** One of the plugin's `policies`; the first when absent. */
      readonly policy?: string | undefined;
      readonly scope?: Scope | undefined;
    }
  | {
      /** A whole user id, such as `account:ada`. No user is identified unless the plugin of its policy is in the config. */
      readonly user: string;
      /** When the user got these credentials, in epoch ms: see `isActive`. */
      readonly since: number;
      readonly scope?: Scope | undefined;
    };

/** What `identify` returns. */
type Identified = string | Identity | null;

/**
 * Identifies the users of requests.
 * @example
 * const authentication: AuthenticationDefinition<void, void> = {
 *   schemes: ["bearer"],
 *   challenge: 'Bearer realm="Example"',
 *   identify: ({ credentials }) => (credentials === "secret" ? "alice" : null),
 * };
 */
export interface AuthenticationDefinition<Config, Services> {
  /**
   * The schemes of the `Authorization` header in lower case, such as `basic`. `identify` runs for requests with one of
   * them. When absent, it runs for every request.
   */
  readonly schemes?: readonly string[] | ((config: Config) => readonly string[]);
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string | ((config: Config) => string);
  /**
   * Whether anyone on the Internet can be a user: because any credentials are accepted, or anyone can register. Such a
   * plugin is deployed only if the config says `deploy: { exposed: true }`. `false` says that the operator knows all
   * users. When absent, both are possible, so permissions of `system.Authenticated` are not given to them unless the
   * config says that it is intended.
   */
  readonly acceptsAnyone?: boolean | ((config: Config) => boolean | undefined);
  /** The prefixes of its user ids; the plugin's name when absent. Each belongs to one plugin. */
  readonly policies?: readonly string[] | ((config: Config) => readonly string[]);
  /** Whether it identifies users of other plugins, as API tokens do. Only then `identify` may return a `user`. */
  readonly identifiesOtherUsers?: boolean;
  /**
   * Returns the user's id without prefix, an {@link Identity}, or `null` if the request proves no user, so that the next
   * plugin is asked. Throw `refuse(…)` to end the request.
   */
  readonly identify: (
    request: AuthenticationRequest,
    context: PluginContext<Config, Services>,
  ) => Identified | Promise<Identified>;
  /**
   * Whether one of its users may still use credentials of another plugin, such as API tokens. Return `false` for a user
   * that is disabled, deleted, or was created after `since`: then the id has belonged to another one. Always true when
   * absent.
   */
  readonly isActive?: (
    user: { readonly id: string; readonly policy: string /** Epoch ms. */; readonly since: number },
    context: PluginContext<Config, Services>,
  ) => boolean | Promise<boolean>;
}

export interface AuthenticationPart<Config, Services> {
  readonly authentication?: AuthenticationDefinition<Config, NoInfer<Services>>;
  /** Fields that `GET /v1/` adds to the user's id and principals. */
  readonly userInfo?: (user: string, context: PluginContext<Config, NoInfer<Services>>) => Promise<JsonObject>;
}

export interface AuthenticationManifest {
  /** `undefined` if it runs for every request. */
  readonly schemes: readonly string[] | undefined;
  readonly challenge: string;
  /** `undefined` if it is not known. */
  readonly acceptsAnyone: boolean | undefined;
  /** `undefined` for the plugin's name. */
  readonly policies: readonly string[] | undefined;
  readonly identifiesOtherUsers: boolean;
}

export interface AuthenticationInstance {
  readonly identify: (request: AuthenticationRequest) => Promise<Identified>;
  readonly isActive: (user: { id: string; policy: string; since: number }) => Promise<boolean>;
}

export const authentication: Part<AuthenticationManifest | undefined, AuthenticationInstance | undefined> = {
  kind: "object",
  single: true,
  shape: {
    schemes: "any",
    challenge: "any!",
    acceptsAnyone: "any",
    policies: "any",
    identifiesOtherUsers: "flag",
    identify: "function!",
    isActive: "function",
  } satisfies ShapeOf<AuthenticationDefinition<never, never>>,
  resolve: ({ authentication }, config) =>
    authentication && {
      schemes: ofOptions(authentication.schemes, config),
      challenge: ofOptions(authentication.challenge, config),
      acceptsAnyone: ofOptions(authentication.acceptsAnyone, config),
      policies: ofOptions(authentication.policies, config),
      identifiesOtherUsers: authentication.identifiesOtherUsers ?? false,
    },
  check: (plugin, { plugins }) =>
    plugin.authentication === undefined
      ? []
      : [...fieldIssues(plugin.authentication), ...policyIssues(plugin, plugins)].map(({ path, message }) => ({
          path: `authentication.${path}`,
          message,
        })),
  bind: ({ authentication }, context) =>
    authentication && {
      identify: async (request) => authentication.identify(request, context),
      isActive: async (user) => authentication.isActive?.(user, context) ?? true,
    },
};

/** The prefixes of a plugin's user ids. */
export const policiesOf = ({ name, authentication }: Pick<PluginManifest, "name" | "authentication">) =>
  authentication?.policies ?? [name];

const isList = (value: unknown, pattern: RegExp): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && pattern.test(one));

const fieldIssues = ({ schemes, challenge, policies }: AuthenticationManifest): PartIssue[] => [
  ...(schemes === undefined || isList(schemes, /^[a-z][a-z0-9-]{0,40}$/)
    ? []
    : [{ path: "schemes", message: 'must be a list of schemes in lower case, such as ["bearer"].' }]),
  ...(typeof challenge === "string" && challenge !== ""
    ? []
    : [{ path: "challenge", message: "must be the value of WWW-Authenticate, such as 'Bearer'." }]),
  ...(policies === undefined || isList(policies, /^[a-z][\w.-]{0,63}$/i)
    ? []
    : [
        {
          path: "policies",
          message: 'must be a list of 1 to 64 letters, digits, "-", "_" and ".", such as ["google"].',
        },
      ]),
];

/** Prefixes that no plugin may have: those of plugins themselves and of the store. */
const RESERVED_POLICIES: readonly string[] = ["plugin", "system"];
/** The prefix of ids that `basicauth` derives from passwords. */
const BASICAUTH = "basicauth";

const policyIssues = (plugin: PluginManifest, plugins: readonly PluginManifest[]): PartIssue[] => {
  const own = policiesOf(plugin);
  if (!Array.isArray(own)) return [];
  const before = plugins.slice(0, plugins.indexOf(plugin)).filter(({ authentication }) => authentication !== undefined);
  return own.flatMap((policy, index): PartIssue[] => {
    const issue = (message: string): PartIssue[] => [{ path: "policies", message }];
    if (RESERVED_POLICIES.includes(policy) || (policy === BASICAUTH && !hasName(plugin, BASICAUTH)))
      return issue(`'${policy}' is reserved. Choose another one.`);
    if (own.indexOf(policy) !== index) return issue(`has '${policy}' twice. Remove one.`);
    const other = before.find((one) => policiesOf(one).includes(policy));
    return other === undefined
      ? []
      : issue(
          `the plugin '${other.name}' has the policy '${policy}' too. Rename one, or give the plugin another name.`,
        );
  });
};

export const userInfo: Part<boolean, ((user: string) => Promise<JsonObject>) | undefined> = {
  kind: "function",
  resolve: (definition) => definition.userInfo !== undefined,
  bind: ({ userInfo }, context) => userInfo && ((user) => userInfo(user, context)),
};
