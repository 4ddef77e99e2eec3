import type { JsonObject } from "../../lib/json.ts";

/** The records of the contract by id. The types of some fields differ between records. */
export const RECORDS: Readonly<Record<string, JsonObject>> = {
  atlas: {
    title: "The Open Sea",
    year: 1999,
    lang: "en",
    tags: ["water", "maps"],
    size: { width: 20, height: 30.5 },
    sold: true,
    mixed: 7,
  },
  brook: {
    title: "A Brook's Song",
    year: 2004,
    lang: "fr",
    tags: ["water"],
    mixed: "seven",
    body: "Open fields, and no sea at all: the open valley, the sea of grass.",
  },
  coral: {
    title: "Sea, sea, sea",
    year: 1985,
    lang: "en",
    tags: [],
    sold: false,
    mixed: { deep: "seven seas" },
    seen: "2024-03-01T10:00:00Z",
  },
  delta: {
    title: "日本語の海",
    year: 2010,
    lang: "ja",
    size: { width: 5 },
    mixed: [7, "eight", true],
    seen: "2024-11-20T08:30:00Z",
  },
  ember: {
    title: null,
    lang: "Français moderne",
    mixed: null,
    nested: [{ name: "Zoë" }, { name: "Łukasz", more: ["Straße"] }],
  },
  fjord: { title: "Øresund and ΟΔΟΣ and Москва", year: 2004, "dotted.name": "x-ray", "odd name": { "%": "100%" } },
};

/** Texts of many scripts with their words. */
export const SCRIPTS: readonly (readonly [text: string, ...words: string[]])[] = [
  ["Crème BRÛLÉE à la carte", "crème", "brûlée", "CARTE"],
  ["Москва слезам не верит", "москва", "ВЕРИТ"],
  ["Η ΟΔΌΣ του Ποσειδώνα", "οδόσ", "ποσειδώνα"],
  ["مرحبا بالعالم", "مرحبا", "بالعالم"],
  ['שלום עולם צה"ל', "שלום", 'צה"ל'],
  ["नमस्ते दुनिया", "नमस्ते", "दुनिया"],
  ["東京都に住む", "東", "京", "住", "に", "東京"],
  ["カタカナとひらがな", "カタカナ", "ひ"],
  ["안녕하세요 세계", "안녕하세요", "세계"],
  ["สวัสดีชาวโลก ครับ", "สวัสดีชาวโลก", "ครับ"],
  ["ամպեր երկնքում", "ամպեր"],
  ["გამარჯობა მსოფლიო", "მსოფლიო"],
  ["İstanbul Straße", "istanbul", "straße"],
  ["can't e.g. 3.14 1,000 foo_bar v2", "can't", "e.g", "3.14", "1,000", "foo_bar", "v2"],
  ["𝒜 𐐀𐐁 𠮷野家", "𠮷", "野"],
];
