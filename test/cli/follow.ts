import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commandOutput } from "./run-command.ts";
import { type Started, startedKintoun } from "./start-kintoun.ts";

export interface Block {
  /** Of the fence: `sh`, `json`, `ts`, or nothing for what a command prints. */
  readonly language: string;
  readonly text: string;
}

/** What stands between fences below a heading of a page of the docs. */
export const blocksOf = async (page: string, heading: string): Promise<readonly Block[]> => {
  const text = await readFile(join(import.meta.dirname, "../../docs", page), "utf8");
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/```(\w*)\n([\s\S]*?)\n```/g)].map(([, language = "", text = ""]) => ({ language, text }));
};

/** A command of a page, and what it printed. */
export interface Followed {
  readonly command: string;
  readonly printed: string;
  /** What the page says that it prints, where it says so. */
  readonly expected: string | undefined;
}

/**
 * Does what a page says, in a checkout: runs its commands one after another in one place, and `npm start` until all
 * is done, keeping nothing.
 * @param ts what is to be done at a block of TypeScript
 */
export const follow = async (
  blocks: readonly Block[],
  checkout: string,
  ts: (text: string) => Promise<void>,
): Promise<readonly Followed[]> => {
  const done: Followed[] = [];
  let place = checkout;
  let started: Started | undefined;
  try {
    for (const [at, { language, text }] of blocks.entries()) {
      if (language === "ts") await ts(text);
      if (language !== "sh") continue;
      if (text === "npm start") {
        started = await startedKintoun(["--memory", "--port", "0"], {}, checkout);
        continue;
      }
      const command = started === undefined ? text : text.replaceAll("http://localhost:8888/v1", started.url);
      const output = await commandOutput(`set -e\n${command}\necho\npwd`, place);
      const lines = output.trimEnd().split("\n");
      place = lines.pop() ?? place;
      const next = blocks[at + 1];
      done.push({
        command: text,
        printed: lines.join("\n").trimEnd(),
        expected: next?.language === "" || next?.language === "json" ? next.text : undefined,
      });
    }
  } finally {
    await started?.end("SIGTERM");
  }
  return done;
};
