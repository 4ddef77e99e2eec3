import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../lib/json.ts";

const ROOT = join(import.meta.dirname, "..");
const SENTENCES_PER_RECORD = 3;

/** Numbers from 0 to 1 that are the same in each run. */
const createRandom = (): (() => number) => {
  let state = 12_345;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

/** Sentences of the READMEs of the packages that this repository uses. */
const readSentences = (): { readonly name: string; readonly text: string }[] =>
  globSync("node_modules/{*,@*/*}/{README,readme}.md", { cwd: ROOT }).flatMap((file) => {
    const name = file.split("/").slice(1, -1).join("/");
    const prose = readFileSync(join(ROOT, file), "utf8").replaceAll(/```[\s\S]*?```|<[^>]*>|\[!\[.*|https?:\S+/g, " ");
    return prose
      .split(/(?<=[.!?])\s+|\n\s*\n/)
      .map((text) => text.replaceAll(/\s+/g, " ").trim())
      .filter((text) => text.length > 40 && text.length < 400)
      .map((text) => ({ name, text }));
  });

/** Records with a title, three sentences, and fields to filter and sort by. */
export const createRecords = (count: number): JsonObject[] => Array.from({ length: count }, createRecordMaker());

/** Makes such records one after another. */
export const createRecordMaker = (): ((_: unknown, n: number) => JsonObject) => {
  const random = createRandom();
  const sentences = readSentences();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  return (_, n) => {
    const chosen = Array.from({ length: SENTENCES_PER_RECORD }, () => pick(sentences));
    return {
      id: `r${n.toString(36)}`,
      last_modified: 1_700_000_000_000 + n * 7,
      title: chosen[0]?.text.split(" ").slice(0, 8).join(" ") ?? "",
      text: chosen.map(({ text }) => text).join(" "),
      package: chosen[0]?.name ?? "",
      region: `region ${n % 20}`,
      languages: [["en", "de", "fr"][n % 3] ?? "en", ["it", "es"][n % 2] ?? "it"],
      stars: Math.floor(random() ** 4 * 50_000),
      published: new Date(1_500_000_000_000 + Math.floor(random() * 2e11)).toISOString(),
    };
  };
};

/** Words of the records, of which some are frequent and some are rare. */
export const chooseWords = (records: readonly JsonObject[], count: number): string[] => {
  const random = createRandom();
  return Array.from({ length: count }, () => {
    const words = String(records[Math.floor(random() * records.length)]?.text).match(/[A-Za-z]{4,}/g) ?? ["value"];
    return words[Math.floor(random() * words.length)] ?? "value";
  });
};
