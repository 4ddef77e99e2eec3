import type { Seal } from "../../app/api.ts";
import { invalid } from "../../core/errors.ts";
import { isId } from "../../core/resources.ts";
import type { Place } from "../../core/store/store.ts";

/** The page token that stands for a place in a list; good for that list and that method only. */
export const makeToken = async (seal: Seal, scope: string, { last_modified, id }: Place): Promise<string> => {
  const place = `${last_modified}.${id}`;
  return Buffer.from(`${place}.${await seal.sign(`${scope} ${place}`)}`).toString("base64url");
};

/** The place that a token of {@link makeToken} stands for. */
export const readToken = async (seal: Seal, scope: string, token: string | null): Promise<Place | undefined> => {
  // Kinto takes an empty one for none; but a list is not deleted from its beginning because somebody's variable was empty.
  if (token === null || (token === "" && !scope.startsWith("DELETE"))) return undefined;
  const [time = "", id = "", signature = ""] = Buffer.from(token.slice(0, 1000), "base64url").toString("latin1").split(".");
  if (!/^\d{1,16}$/.test(time) || !isId(id) || !(await seal.isSigned(`${scope} ${time}.${id}`, signature))) {
    throw invalid({ location: "querystring", name: null, description: "_token has invalid content" });
  }
  return { last_modified: Number(time), id };
};
