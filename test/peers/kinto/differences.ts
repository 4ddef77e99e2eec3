import type { Difference } from "./compare.ts";
import type { Answer, Sent } from "./teller.ts";

/** One difference between two answers to what was sent. */
export interface Seen {
  readonly difference: Difference;
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
}

interface Allowed {
  /** What docs/compatibility.md calls it in its first column; `null` where what differs is no part of the protocol. */
  readonly row: string | null;
  readonly why: string;
  readonly allows: (seen: Seen) => boolean;
}

/** Where Kintoun may answer otherwise than Kinto. */
export const ALLOWED: readonly Allowed[] = [
  {
    row: "a group made without `data`",
    why: "its members are none, rather than not told",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      /\/groups(\/|\?|$)/.test(sent.path) && /^body\.data(\.\d+)?\.members$/.test(where) && kinto === undefined && JSON.stringify(kintoun) === "[]",
  },
  {
    row: "a 304",
    why: "it has the Cache-Control of the 200",
    allows: ({ difference: { where, kinto: theirs }, kinto, kintoun }) =>
      where === "headers.cache-control" && theirs === undefined && kinto.status === 304 && kintoun.status === 304,
  },
  {
    row: '`If-Match: "<timestamp>"` on POST without an id',
    why: "it is about the list's timestamp",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "POST" &&
      /^"\d+"$/.test(sent.headers["if-match"] ?? "") &&
      !/"id":/.test(sent.body ?? "") &&
      kinto.status === 412 &&
      kintoun.status === 201,
  },
];

export const isAllowed = (seen: Seen): boolean => ALLOWED.some(({ allows }) => allows(seen));
