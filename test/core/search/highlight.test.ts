import { describe, expect, it } from "@jest/globals";
import { findMarks } from "../../../core/search/highlight/find-marks.ts";
import { createHighlighter } from "../../../core/search/highlight/highlighter.ts";
import { listSought } from "../../../core/search/highlight/sought-words.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import fc, { codePoint } from "../../fast-check.ts";
import { issueOf } from "./parsed.ts";

const DOCUMENT: JsonObject = {
  title: "A cloud over the Séa & <sky>",
  tags: ["sea", "sky", "open sea"],
  author: { name: "Ada Lind", born: 1940 },
  body: `${"word ".repeat(60)}the open sea is blue. ${"word ".repeat(60)}Sea and sky, sea and cloud.`,
};

const highlight = async (query: Json, options: JsonObject, document = DOCUMENT): Promise<JsonObject> => {
  const request = parseSearch({ query, highlight: options });
  if (request.highlight === undefined) throw new Error("The search has no highlight.");
  return (await createHighlighter(request.query, request.highlight))(document);
};
const inTitle = async (query: Json, options: JsonObject = {}) =>
  ((await highlight(query, { fields: { title: options } })).title as Json[] | undefined)?.[0];

describe("createHighlighter", () => {
  it.each<[query: Json, title: string | undefined]>([
    [{ match: { title: "sea" } }, "A cloud over the <em>Séa</em> & <sky>"],
    [{ match: { title: "SÉA over" } }, "A cloud <em>over</em> the <em>Séa</em> & <sky>"],
    [{ match: { title: { query: "clowd", fuzziness: 1 } } }, "A <em>cloud</em> over the Séa & <sky>"],
    [{ match: { title: { query: "clouds", analyzer: "english" } } }, "A <em>cloud</em> over the Séa & <sky>"],
    [{ match: { body: "sea" } }, undefined],
    [{ match: { "*": "sea" } }, "A cloud over the <em>Séa</em> & <sky>"],
    [{ term: { title: "sky" } }, "A cloud over the Séa & <<em>sky</em>>"],
    [{ terms: { title: ["sky", "sea"] } }, "A cloud over the <em>Séa</em> & <<em>sky</em>>"],
    [{ prefix: { title: "ov" } }, "A cloud <em>over</em> the Séa & <sky>"],
    [{ wildcard: { title: "c*d" } }, "A <em>cloud</em> over the Séa & <sky>"],
    [{ regexp: { title: "s(ea|ky)" } }, "A cloud over the <em>Séa</em> & <<em>sky</em>>"],
    [{ match_phrase: { title: "over the sea" } }, "A cloud <em>over</em> <em>the</em> <em>Séa</em> & <sky>"],
    [{ match_phrase: { title: "the over" } }, undefined],
    [{ match_phrase: { title: { query: "cloud the", slop: 1 } } }, "A <em>cloud</em> over <em>the</em> Séa & <sky>"],
    [{ match_phrase_prefix: { title: "over th" } }, "A cloud <em>over</em> <em>the</em> Séa & <sky>"],
    [{ term: { "title.keyword": "A cloud over the Séa & <sky>" } }, "<em>A cloud over the Séa & <sky></em>"],
    [
      { prefix: { "title.keyword": { value: "a CLOUD", case_insensitive: true } } },
      "<em>A cloud over the Séa & <sky></em>",
    ],
    [{ wildcard: { "title.keyword": "A cloud*s*" } }, "<em>A cloud over the Séa & <sky></em>"],
    [{ range: { title: { gte: "A" } } }, undefined],
    [
      { bool: { must: { match: { title: "sea" } }, must_not: { match: { title: "cloud" } } } },
      "A cloud over the <em>Séa</em> & <sky>",
    ],
    [
      { boosting: { positive: { match: { title: "sea" } }, negative: { match: { title: "sky" } }, negative_boost: 0 } },
      "A cloud over the <em>Séa</em> & <sky>",
    ],
    [{ constant_score: { filter: { match: { title: "sea" } } } }, "A cloud over the <em>Séa</em> & <sky>"],
  ])("marks what %j seeks", async (query, title) => {
    expect(await inTitle(query)).toBe(title);
  });

  it("marks other fields on request, by patterns and in arrays", async () => {
    const query = { match: { title: "sea lind" } };

    expect(await highlight(query, { fields: { "*": {} } })).toEqual({
      title: ["A cloud over the <em>Séa</em> & <sky>"],
    });
    expect(
      await highlight(query, { require_field_match: false, fields: { "author.*": {}, tags: {}, "title.keyword": {} } }),
    ).toEqual({
      title: ["A cloud over the <em>Séa</em> & <sky>"],
      tags: ["<em>sea</em>", "open <em>sea</em>"],
      "author.name": ["Ada <em>Lind</em>"],
    });
  });

  it("uses the tags and the encoder of the request", async () => {
    const options = { pre_tags: ["[", "("], post_tags: "]", encoder: "html", fields: [{ title: {} }] };

    expect(await highlight({ match: { title: "sky" } }, options)).toEqual({
      title: ["A cloud over the Séa &amp; &lt;[sky]&gt;"],
    });
    expect(await highlight({ match: { title: "sky" } }, { tags_schema: "styled", fields: { title: {} } })).toEqual({
      title: ['A cloud over the Séa & <<em class="hlt1">sky</em>>'],
    });
  });

  it("cuts long texts into fragments that begin and end with words", async () => {
    const inBody = async (options: JsonObject) =>
      (await highlight({ match: { body: "sea sky cloud" } }, { fields: { body: options } })).body as string[];
    const fragments = await inBody({ fragment_size: 60 });

    expect(fragments).toHaveLength(2);
    expect(fragments[0]).toBe("word word the open <em>sea</em> is blue. word word word word word");
    expect(fragments[1]).toBe("word word word <em>Sea</em> and <em>sky</em>, <em>sea</em> and <em>cloud</em>.");
    expect(await inBody({ fragment_size: 60, order: "score", number_of_fragments: 1 })).toEqual([fragments[1]]);
    expect((await inBody({ number_of_fragments: 0 }))[0]).toHaveLength((DOCUMENT.body as string).length + 5 * 9);
  });

  it("returns the start of a text in which nothing is found on request", async () => {
    expect(await inTitle({ match: { title: "none" } }, { no_match_size: 10 })).toBe("A cloud");
    expect(await inTitle({ match: { title: "none" } }, { no_match_size: 1000 })).toBe(DOCUMENT.title);
  });

  it("marks what another query seeks", async () => {
    expect(await inTitle({ match_all: {} }, { highlight_query: { match: { title: "sky" } } })).toBe(
      "A cloud over the Séa & <<em>sky</em>>",
    );
  });

  it("changes nothing but the marks of any text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: codePoint }),
        fc.constantFrom("a", "e*", "日", "a b"),
        fc.nat(30),
        async (text, words, size) => {
          const query = { query_string: { query: `${words} OR "a b"~3`, fields: ["t"] } };
          const whole = { pre_tags: "\uE000", post_tags: "\uE001", number_of_fragments: 0, fields: { t: {} } };
          const safe = text.replace(/[\0\uE000\uE001]/g, "").toWellFormed();
          const [marked] = ((await highlight(query, whole, { t: safe })).t ?? []) as string[];
          if (marked !== undefined) expect(marked.replace(/[\uE000\uE001]/g, "")).toBe(safe);
          const parts = ((
            await highlight(query, { ...whole, number_of_fragments: 9, fragment_size: size }, { t: safe })
          ).t ?? []) as string[];
          for (const part of parts) expect(safe).toContain(part.replace(/[\uE000\uE001]/g, ""));
        },
      ),
    );
  });

  it("refuses to mark more than 5,000,000 characters", async () => {
    const document = { t: "x".repeat(2_600_000) };
    const request = parseSearch({ query: { match: { t: "a" } }, highlight: { fields: { t: {} } } });
    if (request.highlight === undefined) throw new Error("The search has no highlight.");
    const mark = await createHighlighter(request.query, request.highlight);

    expect(mark(document)).toEqual({});
    expect(() => mark(document)).toThrow("The texts to highlight have more than 5000000 characters.");
  });

  it("leaves out phrases when comparing them has taken too many steps", async () => {
    const sought = await listSought(parseSearch({ query: { match_phrase: { t: "a a b" } } }).query);
    const text = "a a b ".repeat(100);
    const budget = { phraseSteps: 50 };

    expect(findMarks(text, sought, { phraseSteps: 5000 })).toHaveLength(300);
    expect(findMarks(text, sought, budget).length).toBeLessThan(60);
    expect(budget.phraseSteps).toBeLessThanOrEqual(0);
    expect(budget.phraseSteps).toBeGreaterThan(-5);
    expect(findMarks(text, sought, budget)).toEqual([]);
  });

  it.each<[options: Json, issue: string | RegExp]>([
    [{}, "highlight.fields: must be an object"],
    [{ fields: {} }, 'highlight.fields: must name a field, for example {"title": {}}'],
    [{ fields: { a: { size: 1 } } }, /^highlight\.fields\.a\.size: size is not supported/],
    [{ fields: { a: { fragment_size: 10_001 } } }, "highlight.fields.a.fragment_size: must be at most 10000"],
    [{ fields: { a: { number_of_fragments: 101 } } }, "highlight.fields.a.number_of_fragments: must be at most 100"],
    [{ fields: { a: {} }, type: "semantic" }, "highlight.type: must be one of: unified, plain, fvh"],
    [{ fields: { a: {} }, pre_tags: [] }, "highlight.pre_tags: must be a non-empty string"],
    [{ fields: { a: {} }, pre_tags: "x".repeat(101) }, "highlight.pre_tags: must have at most 100 characters"],
    [{ fields: { ["a".repeat(257)]: {} } }, /must have at most 256 characters$/],
    [
      { fields: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`f${n}`, {}])) },
      "highlight.fields: must have at most 64 fields",
    ],
    [{ fields: { a: { highlight_query: { unknown: {} } } } }, /^highlight\.fields\.a\.highlight_query\.unknown: /],
  ])("refuses %j", (options, issue) => {
    expect(issueOf({ highlight: options })).toMatch(issue);
  });
});
