import { definePlugin, jsonResponse, need, refuse } from "@kintoun/kit";
import * as z from "zod";
import { options, tokenBody } from "./options.ts";
import { createTokenStore } from "./token-store.ts";
import { isToken } from "./token-text.ts";

const CHALLENGE = 'Bearer realm="Kintoun"';

const userId = z.string().min(1).max(1500);

const formatTime = (time: number | null): string => (time === null ? "never" : new Date(time).toISOString());

/** API tokens: credentials of scripts and services, which may do less than the user who made them. */
export const tokens = definePlugin({
  name: "tokens",
  about: "API tokens for scripts and services, limited to objects and permissions.",
  capability: "api_tokens",
  config: options,
  needs: () => ({ state: need.state() }),
  setup: ({ config, resources: { state }, now, log }) => createTokenStore({ state, now, log, options: config }),
  authentication: {
    schemes: ["bearer"],
    challenge: CHALLENGE,
    identifiesOtherUsers: true,
    identify: async ({ credentials }, { services }) => {
      if (!isToken(credentials)) return null;
      const found = await services.find(credentials);
      if (found === undefined)
        throw refuse(401, "The API token has expired or was revoked. Create another one.", {
          headers: { "WWW-Authenticate": `${CHALLENGE}, error="invalid_token"` },
        });
      return { user: found.user, scope: found.scope, since: found.created };
    },
  },
  routes: {
    "POST /tokens": {
      about: "Creates an API token of the user. Only this response contains the token.",
      for: "user",
      input: z.object({ body: tokenBody }),
      responses: { 201: "The token.", 409: "The user has too many tokens." },
      run: async ({ input, requireUser, isActive }, { services }) =>
        jsonResponse(
          { data: await services.create(requireUser(), input.body.data, isActive) },
          { status: 201, headers: NO_STORE },
        ),
    },
    "GET /tokens": {
      about: "Lists the user's API tokens, newest first.",
      for: "user",
      run: async ({ requireUser, isActive }, { services }) =>
        jsonResponse({ data: await services.list(requireUser(), isActive) }, { headers: NO_STORE }),
    },
    "DELETE /tokens": {
      about: "Revokes all API tokens of the user.",
      for: "user",
      run: async ({ requireUser }, { services }) =>
        jsonResponse({ data: (await services.revoke(requireUser())).map(({ id }) => ({ id, deleted: true })) }),
    },
    "DELETE /tokens/:id": {
      about: "Revokes an API token of the user.",
      for: "user",
      run: async ({ params, requireUser }, { services }) => {
        const [revoked] = await services.revoke(requireUser(), params.id);
        if (revoked === undefined) throw refuse(404, "There is no such token. GET /tokens lists the user's tokens.");
        return jsonResponse({ data: { id: revoked.id, deleted: true } });
      },
    },
    "GET /user-tokens": {
      about: "Lists the API tokens of any user, newest first. For administrators.",
      for: { principals: ({ administrators }) => administrators },
      input: z.object({ query: z.object({ user: userId }) }),
      run: async ({ input }, { services }) =>
        jsonResponse({ data: await services.list(input.query.user) }, { headers: NO_STORE }),
    },
    "DELETE /user-tokens/:id": {
      about: "Revokes an API token of any user. For administrators.",
      for: { principals: ({ administrators }) => administrators },
      input: z.object({ query: z.object({ user: userId }) }),
      responses: { 200: "The token is revoked.", 404: "The user has no such token." },
      run: async ({ input, params: { id } }, { services }) => {
        const [revoked] = await services.revoke(input.query.user, id);
        if (revoked === undefined) throw refuse(404, "The user has no such token. GET /user-tokens lists them.");
        return jsonResponse({ data: { id: revoked.id, deleted: true } });
      },
    },
  },
  commands: {
    list: {
      about: "Lists the API tokens of a user, or of all users.",
      flags: z.strictObject({ user: z.string().optional() }),
      run: async ({ flags: { user }, print, signal }, { services }) => {
        const found = user === undefined ? services.users() : [{ user, tokens: await services.list(user) }];
        for await (const { user: owner, tokens: owned } of found) {
          signal.throwIfAborted();
          for (const { id, name, scope, expires, last_used } of owned)
            print(
              `${owner}  ${id}  ${JSON.stringify(name)}  expires ${formatTime(expires)}  last used ${formatTime(last_used)}  ${JSON.stringify(scope)}`,
            );
        }
      },
    },
    revoke: {
      about: "Revokes an API token, or all of a user.",
      flags: z
        .strictObject({ user: z.string().optional(), id: z.string().optional(), token: z.string().optional() })
        .refine(({ user, id, token }) => (token === undefined ? user !== undefined : (user ?? id) === undefined), {
          error: "Use --user with an optional --id, or --token.",
        }),
      run: async ({ flags, print }, { services }) => {
        const { user = "", id, token } = flags;
        if (token !== undefined) {
          const owner = await services.revokeToken(token);
          return print(owner === undefined ? "The token is not valid." : `Revoked a token of ${owner}.`);
        }
        const revoked = await services.revoke(user, id);
        return print(`Revoked ${revoked.length} ${revoked.length === 1 ? "token" : "tokens"} of ${user}.`);
      },
    },
  },
});

/** Responses about tokens must not be in a cache. */
const NO_STORE = { "Cache-Control": "no-store" };
