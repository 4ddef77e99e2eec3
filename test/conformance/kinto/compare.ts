import { isObject, type Json } from "../../../lib/json.ts";
import type { Answer } from "./teller.ts";

/** One place where two answers differ, such as `status`, `headers.etag` or `body.data.0.title`. */
export interface Difference {
  readonly where: string;
  readonly kinto: Json | undefined;
  readonly kintoun: Json | undefined;
}

export const compare = (kinto: Answer, kintoun: Answer): readonly Difference[] => [
  ...between("status", kinto.status, kintoun.status),
  ...between("headers", kinto.headers, kintoun.headers),
  ...between("body", kinto.body, kintoun.body),
];

const between = (where: string, kinto: Json | undefined, kintoun: Json | undefined): Difference[] => {
  if (isObject(kinto) && isObject(kintoun)) {
    const keys = new Set([...Object.keys(kinto), ...Object.keys(kintoun)]);
    return [...keys].flatMap((key) => between(`${where}.${key}`, own(kinto, key), own(kintoun, key)));
  }
  if (Array.isArray(kinto) && Array.isArray(kintoun) && kinto.length === kintoun.length) {
    return kinto.flatMap((item, place) => between(`${where}.${place}`, item, kintoun[place]));
  }
  return JSON.stringify(kinto) === JSON.stringify(kintoun) ? [] : [{ where, kinto, kintoun }];
};

const own = (object: { readonly [key: string]: Json }, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
