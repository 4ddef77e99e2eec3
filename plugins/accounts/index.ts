import { type ActionRef, definePlugin, type Mailer, type Need, need, type OwnQueue, refuse } from "@kintoun/kit";
import * as z from "zod";
import { accountOf, accountUri, isActive, POLICY, userOf } from "./accounts.ts";
import * as commands from "./commands.ts";
import { createAccountHook } from "./hooks.ts";
import { identify, refuseTemporaryPassword } from "./identify.ts";
import { emailSchema, type MailRequest, mailRequest } from "./mails.ts";
import { type Options, options } from "./options.ts";
import * as routes from "./routes.ts";
import { createServices, type Deletion } from "./services.ts";

const passwordSchema = z.looseObject({
  password: z
    .string({
      error: ({ input }) =>
        input === undefined || input === null ? "Required" : `${JSON.stringify(input)?.slice(0, 100)} is not a string`,
    })
    .min(1, "Required"),
  email: emailSchema.optional(),
});

/** The groups whose members are administrators are read to find out who they are. */
const groupsOf = ({ writePrincipals }: Options): readonly string[] =>
  writePrincipals.filter((principal) => /^\/buckets\/[\w-]+\/groups\/[\w-]+$/.test(principal));

const mailerOf = ({ mail }: Options): { readonly mailer?: Need & { readonly kind: "mail" } } => {
  if (mail === undefined) return {};
  const { from, via } = mail;
  if (via === "ses") return { mailer: need.scope(need.mail({ via, from }), "own-worker") };
  const { password, ...server } = via;
  const parameter = password && need.parameter("smtp-password", password);
  return { mailer: need.scope(need.mail({ via: server, from, password: parameter }), "own-worker") };
};

/** The action of the plugin `user-data`. */
const deletion: ActionRef<{ principal: string }> = {
  plugin: "user-data",
  name: "delete-user-data",
  params: z.strictObject({ principal: z.string() }),
};

/** Statuses of routes that need the user of the account. */
const OWNER_ONLY = { 401: "The request is anonymous.", 403: "The account is another user's." } as const;
const CHECKS = { 401: "The credentials are not valid.", 429: "There were too many wrong attempts." } as const;

const hookAccount = createAccountHook();

/**
 * Users with passwords, and the sessions that they log in to. Speaks Kinto's protocol of accounts.
 * @example
 * accounts({ createPrincipals: ["system.Everyone"], writePrincipals: ["account:admin"] });
 */
export const accounts = definePlugin({
  name: "accounts",
  about: "Manage user accounts.",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/accounts.html",
  config: options,
  capabilityFields: ({ mail }) => ({ validation_enabled: mail?.validation === true }),
  needs: (config) => ({
    data: need.data({ write: [accountUri("*")], "account:create": ["/"], read: groupsOf(config) }),
    state: need.state(),
    secret: need.secret("credentials"),
    ...(config.mail && { queue: need.queue("mails", mailRequest) }),
    ...mailerOf(config),
    ...(config.deleteUserData && { deletion: need.action(deletion) }),
  }),
  setup: ({ config, resources, log, now }) =>
    // Options decide whether there are these needs.
    createServices(
      {
        ...resources,
        queue: resources.queue as OwnQueue<MailRequest> | undefined,
        mailer: resources.mailer as Mailer | undefined,
        deletion: resources.deletion as Deletion | undefined,
      },
      config,
      { log, now },
    ),

  authentication: {
    schemes: ["basic", "bearer"],
    challenge: 'Basic realm="Kintoun", charset="UTF-8"',
    policies: [POLICY],
    acceptsAnyone: ({ createPrincipals, mail }) => {
      if (!createPrincipals.some((one) => one.startsWith("system."))) return false;
      return mail?.validation === true ? undefined : true;
    },
    identify: (request, { services }) => identify(request, services),
    isActive: async ({ id, since }, { services }) => {
      const account = await services.accounts.find(id);
      return account !== undefined && isActive(account) && account.credentials.created <= since;
    },
  },

  resources: {
    account: {
      about: "A user with a password.",
      ids: "chosen",
      owner: userOf,
      create: ({ createPrincipals, writePrincipals }) => [...new Set([...createPrincipals, ...writePrincipals])],
      read: ({ readPrincipals, writePrincipals }) => [...new Set([...readPrincipals, ...writePrincipals])],
      write: ({ writePrincipals }) => writePrincipals,
      schema: passwordSchema,
    },
  },

  hooks: {
    before: {
      seal: {
        on: ["account.create", "account.update"],
        timeout: 20,
        run: (change, { config, services }) => hookAccount(change, config, services),
      },
      deleteData: {
        on: ["account.delete"],
        run: async ({ uri }, { services: { deletion } }) => {
          await deletion?.start({ principal: userOf(uri.slice(accountUri("").length)) });
        },
      },
    },
    after: {
      forget: {
        on: ["account.update", "account.delete"],
        run: ({ uri }, { services }) => services.proven.forget(uri.slice(accountUri("").length)),
      },
    },
    read: {
      hide: {
        on: ["account.read"],
        run: ({ data: { password: _, ...shown } }) => shown,
      },
    },
  },

  transfer: {
    account: {
      // Functions never need it.
      pack: async (account, { services }) => (await import("./transfer.ts")).packAccount(account, services),
      unpack: async (account, { services }) => (await import("./transfer.ts")).unpackAccount(account, services),
    },
  },

  filters: {
    registrations: {
      about:
        "Limits how many accounts are created from one address, refuses anonymous lists, and deletions by a temporary password.",
      paths: ["/accounts", "/accounts/:id"],
      request: async ({ method, user, address, params, headers }, { services }) => {
        if (user !== null && method === "DELETE") await refuseTemporaryPassword(headers.authorization, services);
        const isOwn = user !== null && accountOf(user) === params.id;
        if (["POST", "PUT"].includes(method) && !isOwn && !(await services.accounts.isAdministrator(user)))
          await services.countRegistration(address);
        else if (user === null && params.id === undefined) throw refuse(401);
        return undefined;
      },
    },
  },

  inbound: {
    mails: {
      about: "Writes the mails of accounts.",
      when: ({ mail }) => mail !== undefined,
      schema: mailRequest,
      run: async ({ id, detail }, { services, log }) => {
        await services.mails.send(detail, id, log);
      },
    },
  },

  routes: {
    "POST /accounts/:id/sessions": {
      about: "Logs in: begins a session.",
      input: routes.loginInput,
      responses: { 201: "The tokens of the session.", ...CHECKS },
      run: (request, { services, config }) => routes.beginSession(request, services, config),
    },
    "GET /accounts/:id/sessions": {
      about: "Lists the sessions of an account.",
      responses: { 200: "The sessions.", ...OWNER_ONLY },
      run: (request, { services }) => routes.listSessions(request, services),
    },
    "DELETE /accounts/:id/sessions": {
      about: "Logs out everywhere: ends all sessions of an account.",
      responses: { 204: "The sessions are ended.", ...OWNER_ONLY },
      run: (request, { services }) => routes.endSessions(request, services),
    },
    "DELETE /accounts/:id/sessions/:session": {
      about: "Logs out: ends a session.",
      responses: { 204: "The session is ended.", ...OWNER_ONLY, 404: "There is no such session." },
      run: (request, { services }) => routes.endSession(request, services),
    },
    "POST /account-sessions/refresh": {
      about: "Exchanges a refresh token for new tokens.",
      input: routes.refreshInput,
      responses: { 200: "The new tokens.", 401: "The token is not valid." },
      run: (request, { services }) => routes.refreshSession(request, services),
    },
    "POST /accounts/:id/codes": {
      about: "Sends a code by mail, with which the user can log in.",
      responses: { 202: "If there is such an account, a mail is sent.", 404: "This store sends no codes." },
      run: (request, { services, config }) => routes.requestMail(request, "code", services, config),
    },
    "POST /accounts/:id/reset-password": {
      about: "Sends a temporary password by mail.",
      responses: { 200: "If there is such an account, a mail is sent.", 404: "This store sends no mails." },
      run: (request, { services, config }) => routes.requestMail(request, "reset", services, config),
    },
    "POST /accounts/:id/validate": {
      about: "Sends the key that confirms an account again.",
      responses: { 202: "If there is such an account, a mail is sent.", 404: "This store sends no keys." },
      run: (request, { services, config }) => routes.requestMail(request, "validation", services, config),
    },
    "POST /accounts/:id/validate/:key": {
      about: "Confirms the address of an account.",
      responses: { 200: "The account.", 403: "The key is not that of the account." },
      run: (request, { services }) => routes.validateAccount(request, services),
    },
    "POST /accounts/:id/totp": {
      about: "Creates the secret of a second factor.",
      responses: { 201: "The secret.", ...OWNER_ONLY, 409: "The account has a second factor." },
      run: (request, { services }) => routes.enrollSecondFactor(request, services),
    },
    "PUT /accounts/:id/totp": {
      about: "Activates the second factor by a first code.",
      input: routes.codeInput,
      responses: { 200: "The recovery codes.", 400: "The code is not right.", ...OWNER_ONLY },
      run: (request, { services }) => routes.confirmSecondFactor(request, services),
    },
    "DELETE /accounts/:id/totp": {
      about: "Removes the second factor.",
      input: z.object({ body: routes.codeInput.shape.body.optional() }),
      responses: { 204: "The second factor is removed.", ...OWNER_ONLY },
      run: (request, { services }) => routes.removeSecondFactor(request, services),
    },
    "GET /accounts/:id/invitations/:key": {
      about: "Shows a page on which the invited user sets a password.",
      responses: { 200: "The page.", 404: "The link is not valid any more." },
      run: (request, { services, config }) => routes.showInvitation(request, services, config),
    },
    "POST /accounts/:id/invitations/:key": {
      about: "Sets the password of the invited user.",
      input: routes.passwordInput,
      responses: {
        201: "The account is created.",
        200: "The password is changed.",
        404: "The link is not valid any more.",
      },
      run: (request, { services, config }) => routes.acceptInvitation(request, services, config),
    },
  },

  commands: {
    create: {
      about: "Creates an account. Without a password, prints a random one.",
      flags: commands.createFlags,
      run: ({ flags, print }, { services, config }) => commands.createAccount(flags, print, services, config),
    },
    list: {
      about: "Lists all accounts.",
      run: async ({ print, signal }, { services }) => {
        for await (const line of commands.listAccounts(services)) {
          signal.throwIfAborted();
          print(line);
        }
      },
    },
    "set-password": {
      about: "Changes a password and ends the sessions of the account. Without a password, prints a random one.",
      flags: commands.passwordFlags,
      run: ({ flags, print }, { services, config }) => commands.setPassword(flags, print, services, config),
    },
    disable: {
      about: "Disables an account and ends its sessions.",
      flags: commands.idFlags,
      run: ({ flags, print }, { services }) => commands.setDisabled(flags, true, print, services),
    },
    enable: {
      about: "Enables an account.",
      flags: commands.idFlags,
      run: ({ flags, print }, { services }) => commands.setDisabled(flags, false, print, services),
    },
    invite: {
      about: "Prints a link on which the user sets the password of a new or present account, once.",
      flags: commands.inviteFlags,
      atStart: commands.inviteAdministrator,
      run: (call, { services }) => commands.invite(call, services),
    },
  },
});
