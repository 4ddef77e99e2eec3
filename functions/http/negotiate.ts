/** A media range of an `Accept`, and how much it is wanted: from 0, not at all, to 1. */
interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * The media type that is wanted most of those there are, the first winning ties; `undefined` when none is wanted. Of the ranges that a type is
 * in, the narrowest counts (RFC 9110, section 12.5.1), the parameters of media types do not; a header that names none at all says nothing.
 */
export const negotiate = (accept: string | undefined, types: readonly string[]): string | undefined => {
  const [first] = types;
  if (accept === undefined || accept === "*/*" || accept === first) return first;
  const ranges = readRanges(accept);
  if (ranges.size === 0) return first;
  let best: string | undefined;
  let most = 0;
  for (const type of types) {
    const quality = ranges.get(type) ?? ranges.get(`${type.slice(0, type.indexOf("/"))}/*`) ?? ranges.get("*/*") ?? 0;
    if (quality > most) [best, most] = [type, quality];
  }
  return best;
};

const readRanges = (accept: string): ReadonlyMap<string, number> => {
  const ranges = new Map<string, number>();
  for (const part of accept.toLowerCase().split(",")) {
    const { type, quality } = readRange(part);
    if (type.includes("/")) ranges.set(type, Math.max(quality, ranges.get(type) ?? 0));
  }
  return ranges;
};

const readRange = (part: string): Range => {
  const [type = "", ...params] = part.split(";").map((text) => text.trim());
  const given = params.find((param) => /^q\s*=/.test(param));
  const quality = Number(given?.slice(given.indexOf("=") + 1) || 1);
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 1 };
};
