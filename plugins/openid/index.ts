import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { createIdentify } from "./identify.ts";
import { createKnownTokens } from "./known-tokens.ts";
import { createLogin } from "./login.ts";
import { type Options, options } from "./options.ts";
import { createProvider } from "./provider.ts";
import { createProviderFetch } from "./provider-fetch.ts";

/** The needs of the client secrets, by provider. */
type SecretNeeds = { readonly [Name in `secret-${string}`]: ReturnType<typeof need.parameter> };

type Needs = SecretNeeds & {
  readonly state: ReturnType<typeof need.state>;
  readonly http: ReturnType<typeof need.http>;
  readonly hashKey: ReturnType<typeof need.secret>;
};

const secretNeeds = ({ providers }: Options): SecretNeeds =>
  Object.fromEntries(
    Object.entries(providers).flatMap(([name, { clientSecret }]) =>
      clientSecret === undefined ? [] : [[`secret-${name}`, need.parameter(`secret-${name}`, clientSecret)]],
    ),
  );

const headerTypes = ({ providers }: Options): readonly string[] => [
  ...new Set(Object.values(providers).map(({ headerType }) => headerType)),
];

const loginQuery = z.strictObject({
  callback: z.url().max(1500),
  scope: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/)
    .max(500),
  prompt: z.literal("none").optional(),
});

/** Identifies users of identity providers by OpenID Connect or OAuth 2. */
export const openid = definePlugin({
  name: "openid",
  about: "Identifies users of identity providers by OpenID Connect or OAuth 2.",
  url: "https://kinto.readthedocs.io/en/stable/api/1.x/authentication.html#openid-connect",
  config: options,
  capabilityFields: ({ providers }) => ({
    providers: Object.entries(providers).map(([name, { issuer, userinfoEndpoint, clientId, headerType }]) => ({
      name,
      ...(issuer !== undefined && { issuer }),
      auth_path: `/openid/${name}/login`,
      client_id: clientId,
      header_type: headerType,
      ...(userinfoEndpoint !== undefined && { userinfo_endpoint: userinfoEndpoint }),
    })),
  }),
  needs: (config): Needs => ({
    state: need.state(),
    http: need.http({ private: config.private }),
    hashKey: need.secret("token-hash-key"),
    ...secretNeeds(config),
  }),
  setup: ({ config, resources, now, log }) => {
    const { state, http, hashKey } = resources;
    const providers = Object.entries(config.providers).map(([name, provider]) =>
      createProvider(name, {
        options: provider,
        fetch: createProviderFetch(http, now),
        getSecret: resources[`secret-${name}`],
        allowsHttp: config.private,
        now,
      }),
    );
    const known = createKnownTokens({ state, getSecret: hashKey, now });
    return {
      identify: createIdentify({ providers, known, verificationMs: config.verificationSeconds * 1000, now }),
      login: createLogin({ providers, options: config, state, known, log, now }),
    };
  },
  authentication: {
    schemes: (config) => headerTypes(config).map((type) => type.toLowerCase()),
    challenge: (config) =>
      headerTypes(config)
        .map((type) => `${type} realm="Kintoun"`)
        .join(", "),
    policies: ({ providers }) => Object.keys(providers),
    identify: ({ scheme, credentials }, { services }) => services.identify(scheme, credentials),
  },
  routes: {
    "GET /openid/:provider/login": {
      about: "Sends a browser to a provider to log in.",
      input: z.object({ query: loginQuery }),
      responses: { 307: "The provider's page." },
      run: (call, { services }) => services.login.start(call.params.provider, call, call.input.query),
    },
    "GET /openid/:provider/token": {
      about: "Ends a login: sends the browser to the callback with the provider's tokens.",
      responses: { 307: "The callback, with the tokens as JSON in base64 behind it." },
      run: (call, { services }) => services.login.finish(call.params.provider, call),
    },
  },
});
