import { createHash } from "node:crypto";
import { type Failure, invalid } from "../../core/errors.ts";
import { pageLimit, type SelectionCursor } from "../../core/objects/select.ts";
import type { GrantPlace } from "../../core/permissions/granted-permissions.ts";
import { parseJson } from "../../lib/json.ts";
import { publicOrigin } from "../http/request.ts";
import type { HmacSigner } from "./app.ts";
import type { ApiCall } from "./routes.ts";

/** How long a client may take from one page to the next. */
const PAGE_TOKEN_VALIDITY_MS = 24 * 3600 * 1000;
const MAX_TOKEN_CHARS = 20_000;

/** The end of a page. */
type PageTokenCursor = SelectionCursor & { readonly shares?: GrantPlace };

export interface PageToken {
  /** Where the page begins. */
  readonly cursor: PageTokenCursor;
  /** Epoch ms. */
  readonly expires: number;
  /** Unique among tokens. */
  readonly id: string;
}

/** Signs a page token. It is only valid for its scope: the method, the list and the rest of the query. */
const signPageToken = async (signer: HmacSigner, scope: string, token: Omit<PageToken, "id">): Promise<string> => {
  const text = JSON.stringify(token);
  return `${Buffer.from(text).toString("base64url")}.${await signer.sign(`${scope} ${text}`)}`;
};

/** Reads a page token. Throws a 400 if it is expired, changed, or for another scope. @param now epoch ms */
export const verifyPageToken = async (
  signer: HmacSigner,
  scope: string,
  token: string,
  now: number,
): Promise<PageToken> => {
  const [encoded = "", signature = ""] = token.slice(0, MAX_TOKEN_CHARS).split(".");
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  if (!(await signer.isSigned(`${scope} ${text}`, signature))) throw invalidToken("_token has invalid content");
  // The signature proves the type.
  const { cursor, expires } = parseJson(text) as Omit<PageToken, "id">;
  if (expires < now) throw invalidToken("_token was already used or has expired.");
  // Of what is signed: the same token can be encoded in several ways.
  return { cursor, expires, id: createHash("sha256").update(`${scope} ${text}`).digest("base64url") };
};

export const invalidToken = (description: string): Failure =>
  invalid({ location: "querystring", name: null, description });

/** The `Next-Page` header; empty on the last page. @param scope of the page token */
export const nextPageHeader = async (
  { api, request }: Pick<ApiCall, "api" | "request">,
  scope: string,
  limit: number | undefined,
  next: PageTokenCursor | undefined,
): Promise<Readonly<Record<string, string>>> => {
  if (next === undefined) return {};
  const { settings, signer, transactions, storeContext } = api;
  const validity =
    request.method === "DELETE" ? settings.paginationTokenValiditySeconds * 1000 : PAGE_TOKEN_VALIDITY_MS;
  const params = new URLSearchParams(request.query);
  params.set("_limit", String(pageLimit(storeContext, limit)));
  params.set("_token", await signPageToken(signer, scope, { cursor: next, expires: transactions.now() + validity }));
  return { "Next-Page": `${publicOrigin(request, settings)}${request.path}?${params}` };
};
