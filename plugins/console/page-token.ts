import { refuse } from "@kintoun/kit";

/** Where a page of entries ends: how many entries of which time were on the pages so far. */
export interface PagePosition {
  /** Epoch ms. */
  readonly until: number;
  readonly skipped: number;
}

/** Parses a token of {@link formatToken}. Throws a 400 for others. */
export const parseToken = (token: string): PagePosition => {
  const [, until, skipped] = /^(\d{1,15})-(\d{1,6})$/.exec(token) ?? [];
  if (until === undefined || skipped === undefined)
    throw refuse(400, "_token is not that of a page. Follow the header Next-Page as it is.");
  return { until: Number(until), skipped: Number(skipped) };
};

/** Formats the position after some entries. @param shown the entries so far, newest first, from `from` on */
export const formatToken = (shown: readonly { readonly time: number }[], from: PagePosition): string => {
  const until = shown.at(-1)?.time ?? from.until;
  const atTime = shown.filter(({ time }) => time === until).length;
  return `${until}-${atTime + (until === from.until ? from.skipped : 0)}`;
};

/** Entries after a position; entries of one time keep their order. */
export const dropSkipped = <Entry>(entries: readonly Entry[], { skipped }: PagePosition): readonly Entry[] =>
  entries.slice(skipped);
