import { randomUUID } from "node:crypto";
import { type JsonObject, jsonResponse, type RouteRequest, type RouteResponse, refuse } from "@kintoun/kit";
import * as z from "zod";
import { type Account, accountOf, isAccountId, isActive } from "./accounts.ts";
import { newCredentials } from "./credentials.ts";
import type { MailRequest } from "./mails.ts";
import type { Options } from "./options.ts";
import { passwordPage } from "./password-page.ts";
import type { Services } from "./services.ts";

type Request<Params extends string = "id", Input = unknown> = RouteRequest<Readonly<Record<Params, string>>, Input>;

const secret = z.string().min(1).max(1000);
const code = z.string().min(1).max(100);

export const loginInput = z.object({
  body: z
    .strictObject({
      password: secret.optional(),
      /** A code that was sent by mail. */
      mail_code: code.optional(),
      /** A code of an app, or a recovery code. */
      one_time_code: code.optional(),
    })
    .refine(({ password, mail_code }) => (password === undefined) !== (mail_code === undefined), {
      error: "must have either password or mail_code",
    }),
});
export const refreshInput = z.object({ body: z.strictObject({ refresh_token: secret }) });
export const codeInput = z.object({ body: z.strictObject({ one_time_code: code }) });
export const passwordInput = z.object({ body: z.strictObject({ password: secret }) });

const noContent: RouteResponse = { status: 204, body: null };

/** An account as its user sees it. */
const show = ({ data }: Account): JsonObject => {
  const { password: _, ...shown } = data;
  return shown;
};

/** Throws unless the request is one of the account's user, or of an administrator if these are allowed. */
const requireOwner = async (
  { params: { id }, requireUser }: Request,
  { accounts }: Services,
  { administrators = false } = {},
): Promise<Account> => {
  const user = requireUser();
  if (accountOf(user) !== id && !(administrators && (await accounts.isAdministrator(user)))) throw refuse(403);
  const account = await accounts.find(id);
  if (account === undefined) throw refuse(404);
  return account;
};

/** Begins a session by a password or a code of a mail, and a one-time code if the account has a second factor. */
export const beginSession = async (
  { params: { id }, input, headers, address }: Request<"id", z.output<typeof loginInput>>,
  { login, mails, sessions, secondFactor, accounts }: Services,
  { mail }: Options,
): Promise<RouteResponse> => {
  const { password, mail_code, one_time_code } = input.body;
  if (mail_code !== undefined && mail?.codes !== true)
    throw refuse(400, "mail_code in body: this store sends no codes.");
  const by = { id, address };
  const proof =
    password !== undefined
      ? await login.checkPassword(by, password)
      : await login.guard(by, async () => {
          const account = await accounts.find(id);
          // Takes as long for an account that does not exist.
          const isRight = await mails.useCode({ id, epoch: account?.credentials.epoch ?? "" }, mail_code ?? "");
          return isRight && account !== undefined && isActive(account) ? { account, isTemporary: false } : undefined;
        });
  if (proof === undefined) throw refuse(401, "The credentials are not valid.");
  const { account, isTemporary } = proof;
  if (isTemporary) throw refuse(401, `Set a new password first, by PATCH /accounts/${id}.`);
  if (account.credentials.totp !== undefined) {
    if (one_time_code === undefined) throw refuse(401, "The account needs a one_time_code too.");
    const isRight = await login.guard(by, async () => (await secondFactor.check(account, one_time_code)) || undefined);
    if (isRight === undefined) throw refuse(401, "The credentials are not valid.");
  }
  // A recovery code has changed the account.
  return jsonResponse(await sessions.begin(account, headers["user-agent"] ?? ""), {
    status: 201,
    headers: { "Cache-Control": "no-store" },
  });
};

export const refreshSession = async (
  { input }: Request<never, z.output<typeof refreshInput>>,
  { sessions }: Services,
): Promise<RouteResponse> =>
  jsonResponse(await sessions.refresh(input.body.refresh_token), { headers: { "Cache-Control": "no-store" } });

export const listSessions = async (request: Request, services: Services): Promise<RouteResponse> => {
  const { id } = await requireOwner(request, services, { administrators: true });
  return jsonResponse({ data: await services.sessions.list(id) });
};

export const endSession = async (request: Request<"id" | "session">, services: Services): Promise<RouteResponse> => {
  const { id } = await requireOwner(request, services, { administrators: true });
  if (!(await services.sessions.end(id, request.params.session))) throw refuse(404);
  services.proven.forget(id);
  return noContent;
};

/** Ends all sessions by a new epoch, in one write. */
export const endSessions = async (request: Request, services: Services): Promise<RouteResponse> => {
  const account = await requireOwner(request, services, { administrators: true });
  await services.accounts.update(account, { credentials: { epoch: randomUUID() } });
  return noContent;
};

/** Queues a mail. The answer does not depend on whether the account exists. */
export const requestMail = async (
  { params: { id }, address }: Request,
  kind: MailRequest["kind"],
  { countMail, queue }: Services,
  { mail }: Options,
): Promise<RouteResponse> => {
  if (mail === undefined || (kind === "code" && !mail.codes) || (kind === "validation" && !mail.validation))
    throw refuse(404, "This store sends no such mails.");
  if (!isAccountId(id)) throw refuse(400, "path: Invalid object id");
  await countMail(id, address);
  await queue?.send([{ detail: { kind, account: id } }]);
  return kind === "reset"
    ? jsonResponse({ message: "A temporary reset password has been sent by mail" })
    : jsonResponse({ message: "If there is such an account, a mail is sent to its address." }, { status: 202 });
};

export const validateAccount = async (
  { params: { id, key }, address }: Request<"id" | "key">,
  { accounts, login, mails, queue }: Services,
): Promise<RouteResponse> => {
  const account = await login.guard({ id, address }, async () => {
    const found = await accounts.find(id);
    const isRight = found?.data.validated === false && (await mails.isValidationKey(found, key));
    return isRight ? found : undefined;
  });
  if (account === undefined) throw refuse(403, "Account ID and activation key do not match");
  await accounts.update(account, { data: { validated: true } });
  await queue?.send([{ detail: { kind: "confirmation", account: id } }]);
  return jsonResponse(show({ ...account, data: { ...account.data, validated: true } }));
};

export const enrollSecondFactor = async (request: Request, services: Services): Promise<RouteResponse> => {
  const account = await requireOwner(request, services);
  if (account.credentials.totp !== undefined) throw refuse(409, "The account has a second factor. Delete it first.");
  return jsonResponse(await services.secondFactor.enroll(account), {
    status: 201,
    headers: { "Cache-Control": "no-store" },
  });
};

export const confirmSecondFactor = async (
  request: Request<"id", z.output<typeof codeInput>>,
  services: Services,
): Promise<RouteResponse> => {
  const account = await requireOwner(request, services);
  const codes = await services.login.guard({ id: account.id, address: request.address }, () =>
    services.secondFactor.confirm(account, request.input.body.one_time_code),
  );
  if (codes === undefined) throw refuse(400, "one_time_code in body: The code is not right.");
  return jsonResponse({ recovery_codes: codes }, { headers: { "Cache-Control": "no-store" } });
};

/** The user needs a code; an administrator helps users who have lost theirs. */
export const removeSecondFactor = async (
  request: Request<"id", { readonly body?: z.output<typeof codeInput>["body"] | undefined }>,
  services: Services,
): Promise<RouteResponse> => {
  const account = await requireOwner(request, services, { administrators: true });
  const given = request.input.body?.one_time_code;
  if (accountOf(request.user) === account.id) {
    const isRight = await services.login.guard({ id: account.id, address: request.address }, async () =>
      given !== undefined && (await services.secondFactor.check(account, given)) ? true : undefined,
    );
    if (isRight === undefined) throw refuse(403, "one_time_code in body: The code is not right.");
  }
  const present = (await services.accounts.find(account.id)) ?? account;
  await services.secondFactor.remove(present);
  return noContent;
};

export const showInvitation = async (
  { params: { id, key } }: Request<"id" | "key">,
  { invitations }: Services,
  { minPasswordLength }: Options,
): Promise<RouteResponse> => {
  if (!(await invitations.isValid(id, key))) throw refuse(404, "The link is not valid any more.");
  return passwordPage(id, minPasswordLength);
};

export const acceptInvitation = async (
  { params: { id, key }, input }: Request<"id" | "key", z.output<typeof passwordInput>>,
  { accounts, invitations, now }: Services,
  config: Options,
): Promise<RouteResponse> => {
  const { password } = input.body;
  if (password.length < config.minPasswordLength)
    throw refuse(400, `password in body: must have at least ${config.minPasswordLength} characters`);
  if (!(await invitations.use(id, key))) throw refuse(404, "The link is not valid any more.");
  const account = await accounts.find(id);
  const credentials = await newCredentials(password, { cost: config.scrypt, now: now() }, account?.credentials);
  if (account === undefined) await accounts.create(id, credentials, { validated: true });
  else await accounts.update(account, { credentials });
  return jsonResponse({ user: `account:${id}` }, { status: account === undefined ? 201 : 200 });
};
