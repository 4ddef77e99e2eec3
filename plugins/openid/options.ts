import * as z from "zod";

/** Signatures by a private key. `none` and keys that are shared with the provider (HS256) are never accepted. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
  ...["EdDSA", "Ed25519"],
] as const;

const url = z.url({ protocol: /^https?$/, error: "Use a URL, such as https://accounts.example.org." });

/** Pages that a plugin serves, below the URL of the store. */
const ownPage = z.string().regex(/^\/[a-z][a-z0-9-]{0,40}\/$/);

const provider = z
  .strictObject({
    /** The provider's issuer, whose metadata is read from `/.well-known/openid-configuration`. */
    issuer: url.optional(),
    /** The endpoints of a provider of OAuth 2 without OpenID Connect, such as GitHub. */
    oauth2: z.strictObject({ authorizationEndpoint: url, tokenEndpoint: url }).optional(),
    /** Where users are described. Required with `oauth2`; for OpenID Connect it replaces that of the metadata. */
    userinfoEndpoint: url.optional(),
    clientId: z.string().min(1),
    /** The name of the client secret in the Parameter Store; none for public clients. */
    clientSecret: z.strictObject({ parameter: z.string().min(1) }).optional(),
    /** Accepted audiences of JWTs; the client id when absent. */
    audience: z.array(z.string().min(1)).min(1).optional(),
    /** The claim that identifies users; `sub` for OpenID Connect and `id` for OAuth 2 when absent. */
    userIdField: z.string().min(1).optional(),
    /** The scheme of the `Authorization` header. */
    headerType: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, { error: 'Use letters, digits and dashes, such as "Bearer".' })
      .default("Bearer"),
    algorithms: z
      .array(z.enum(ALGORITHMS, { error: `Use ${ALGORITHMS.join(", ")}.` }))
      .min(1)
      .default([...ALGORITHMS]),
    /** Which tokens that are no JWTs are accepted: those of logins through this store, or any of the provider. */
    opaqueTokens: z.enum(["own", "any"]).default("own"),
  })
  .refine(({ issuer, oauth2 }) => (issuer === undefined) !== (oauth2 === undefined), {
    error: "Set issuer for a provider of OpenID Connect, or oauth2 for one without.",
  })
  .refine(({ oauth2, userinfoEndpoint }) => oauth2 === undefined || userinfoEndpoint !== undefined, {
    path: ["userinfoEndpoint"],
    error: "Set the URL at which the provider describes the user of a token.",
  });

export type ProviderOptions = z.output<typeof provider>;

const name = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
  error: 'Use lower-case letters, digits and dashes, such as "google". User ids begin with it.',
});

const MAX_PROVIDERS = 10;

export const options = z.strictObject({
  /** The providers by the prefix of their users' ids. */
  providers: z
    .record(name, provider)
    .refine((all) => Object.keys(all).length > 0 && Object.keys(all).length <= MAX_PROVIDERS, {
      error: `Add 1 to ${MAX_PROVIDERS} providers.`,
    }),
  /** Where logins may end: pages, and folders that end with a slash. `/admin/` is one of the store's own pages. */
  callbacks: z
    .array(z.union([url, ownPage], { error: "Use a URL, or pages of the store, such as /admin/." }))
    .max(100)
    .default([]),
  /** The public URL of the store with `/v1`; that of the request when absent. */
  baseUrl: url.optional(),
  /** How long the answer of a provider about an opaque token counts, in seconds. */
  verificationSeconds: z.int().min(1).max(3600).default(300),
  /** How long a login may take, in seconds. */
  loginSeconds: z.int().min(60).max(3600).default(600),
  /** Whether providers may have private addresses and http. */
  private: z.boolean().default(false),
});

export type Options = z.output<typeof options>;

/** The claim that identifies a provider's users. */
export const userIdFieldOf = ({ userIdField, oauth2 }: ProviderOptions): string =>
  userIdField ?? (oauth2 === undefined ? "sub" : "id");
