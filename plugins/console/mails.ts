import {
  type CaughtMails,
  type Inspection,
  type JsonObject,
  jsonResponse,
  type RouteResponse,
  refuse,
} from "@kintoun/kit";
import * as z from "zod";

const MAX_PAGE_SIZE = 100;
/** Maximum size of each part of a mail in a response, in characters. */
const MAX_PART_CHARS = 500_000;

export const mailsInput = z.object({
  query: z.object({
    _limit: z.int().min(1).max(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
    before: z.string().max(100).optional(),
  }),
});

const requireMails = ({ mails }: Inspection): CaughtMails => {
  if (mails !== undefined) return mails;
  throw refuse(
    404,
    "This store sends its mails and keeps none. The logs of the plugins' workers say to whom mails were sent.",
  );
};

/** Lists a page of the caught mails, newest first. */
export const listMails = (
  { _limit: limit, before }: z.output<typeof mailsInput>["query"],
  inspection: Inspection,
): RouteResponse => {
  const all = requireMails(inspection).list();
  // A mail that is no longer kept was followed by nothing that still is.
  const start = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
  const page = start === 0 && before !== undefined ? [] : all.slice(start, start + limit);
  const last = start + limit < all.length ? page.at(-1) : undefined;
  const query = new URLSearchParams({ _limit: String(limit), before: last?.id ?? "" });
  return jsonResponse(
    { data: page.map((mail) => ({ ...mail, to: [...mail.to] })) },
    { headers: { ...(last !== undefined && { "Next-Page": `/__operations__/mails?${query}` }) } },
  );
};

/** Returns a caught mail. Long parts are cut. */
export const getMail = async (id: string, inspection: Inspection): Promise<RouteResponse> => {
  const mail = await requireMails(inspection).get(id);
  if (mail === undefined) throw refuse(404, "There is no such mail. A store keeps its latest 500.");
  const { text, html, raw } = mail;
  const isCut = [text, html, raw].some((part) => (part?.length ?? 0) > MAX_PART_CHARS);
  const cut = (part: string | undefined) => part?.slice(0, MAX_PART_CHARS).toWellFormed() ?? null;
  return jsonResponse({
    data: { ...(mail as unknown as JsonObject), text: cut(text), html: cut(html), raw: cut(raw), truncated: isCut },
  });
};
