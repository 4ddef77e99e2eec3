import { isObject, type Json } from "../../../lib/json.ts";
import type { Answer } from "./scenario-client.ts";

/** One place where two answers differ, such as `status`, `headers.etag` or `body.data.0.title`. */
export interface Difference {
  readonly where: string;
  readonly kinto: Json | undefined;
  readonly kintoun: Json | undefined;
}

export const compareAnswers = (kinto: Answer, kintoun: Answer): readonly Difference[] => [
  ...compareValues("status", kinto.status, kintoun.status),
  ...compareValues("headers", kinto.headers, kintoun.headers),
  ...compareValues("body", kinto.body, kintoun.body),
];

const compareValues = (where: string, kinto: Json | undefined, kintoun: Json | undefined): Difference[] => {
  if (isObject(kinto) && isObject(kintoun)) {
    const keys = new Set([...Object.keys(kinto), ...Object.keys(kintoun)]);
    return [...keys].flatMap((key) => compareValues(`${where}.${key}`, ownValue(kinto, key), ownValue(kintoun, key)));
  }
  if (Array.isArray(kinto) && Array.isArray(kintoun) && kinto.length === kintoun.length) {
    return kinto.flatMap((item, place) => compareValues(`${where}.${place}`, item, kintoun[place]));
  }
  return JSON.stringify(kinto) === JSON.stringify(kintoun) ? [] : [{ where, kinto, kintoun }];
};

const ownValue = (object: { readonly [key: string]: Json }, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
