import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commandOutput } from "./run-command.ts";
import { type Started, startedKintoun } from "./start-kintoun.ts";

export interface Block {
  /** Language of the fence: `sh`, `json`, `ts`, or empty for the output of a command. */
  readonly language: string;
  readonly text: string;
}

/** Reads the fenced blocks below a heading of a page of the docs. */
export const blocksOf = async (page: string, heading: string): Promise<readonly Block[]> => {
  const text = await readFile(join(import.meta.dirname, "../../docs", page), "utf8");
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/```(\w*)\n([\s\S]*?)\n```/g)].map(([, language = "", text = ""]) => ({ language, text }));
};

/** A command of a page, and its output. */
export interface Followed {
  readonly command: string;
  readonly printed: string;
  /** The output that the page shows, if any. */
  readonly expected: string | undefined;
}

/**
 * Follows a page of the docs in a checkout: runs its commands one after another, each in the folder where the last one
 * ended. `npm start` runs in memory until the last command ends.
 *
 * @param runTypeScript is called with each block of TypeScript
 */
export const follow = async (
  blocks: readonly Block[],
  checkout: string,
  runTypeScript: (text: string) => Promise<void>,
): Promise<readonly Followed[]> => {
  const followed: Followed[] = [];
  let folder = checkout;
  let started: Started | undefined;
  try {
    for (const [index, { language, text }] of blocks.entries()) {
      if (language === "ts") await runTypeScript(text);
      if (language !== "sh") continue;
      if (text === "npm start") {
        started = await startedKintoun(["--memory", "--port", "0"], {}, checkout);
        continue;
      }
      const command = started === undefined ? text : text.replaceAll("http://localhost:8888/v1", started.url);
      const output = await commandOutput(`set -e\n${command}\necho\npwd`, folder);
      const lines = output.trimEnd().split("\n");
      folder = lines.pop() ?? folder;
      const next = blocks[index + 1];
      followed.push({
        command: text,
        printed: lines.join("\n").trimEnd(),
        expected: next?.language === "" || next?.language === "json" ? next.text : undefined,
      });
    }
  } finally {
    await started?.end("SIGTERM");
  }
  return followed;
};
