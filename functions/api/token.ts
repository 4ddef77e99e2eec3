import { createHash } from "node:crypto";
import { invalid } from "../../core/errors.ts";
import type { SelectedPlace } from "../../core/objects/select.ts";
import type { Seal } from "./app.ts";

/** What a page token leads to. */
export interface Token {
  readonly place: SelectedPlace;
  /** Epoch ms after which it leads nowhere. */
  readonly expires: number;
  /** Tells it apart from every other. */
  readonly id: string;
}

/** The page token that stands for a place; good for that scope (method, list, and what was asked of it) only. */
export const makeToken = async (seal: Seal, scope: string, token: Omit<Token, "id">): Promise<string> => {
  const text = JSON.stringify(token);
  return `${Buffer.from(text).toString("base64url")}.${await seal.sign(`${scope} ${text}`)}`;
};

/** Reads a token of {@link makeToken}; refuses what was made for something else, or changed, or is too old. */
export const readToken = async (seal: Seal, scope: string, token: string, now: number): Promise<Token> => {
  const [encoded = "", signature = ""] = token.slice(0, 20_000).split(".");
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  if (!(await seal.isSigned(`${scope} ${text}`, signature))) throw wrong("_token has invalid content");
  // What is signed was made here.
  const { place, expires }: Omit<Token, "id"> = JSON.parse(text);
  if (expires < now) throw wrong("_token was already used or has expired.");
  return { place, expires, id: createHash("sha256").update(token).digest("base64url") };
};

export const wrong = (description: string) => invalid({ location: "querystring", name: null, description });
