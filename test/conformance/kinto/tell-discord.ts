import type { Discord } from "./play.ts";
import type { Step, Story } from "./story.ts";

/** The discord as a reader wants it: the story that leads to it, what was answered, where it differs. */
export const tellDiscord = (seed: number, story: Story, { sent, kinto, kintoun, differences }: Discord): string =>
  [
    `Seed ${seed}, shortened to ${story.length} requests:`,
    ...story.map((step) => `  ${told(step)}`),
    ...(story.at(-1)?.path.endsWith("/batch") ? [`  in it: ${sent.method} ${sent.path} ${sent.body ?? ""}`] : []),
    ...differences
      .slice(0, 8)
      .flatMap(({ where, kinto: theirs, kintoun: ours }) => [
        `  ${where}`,
        `    Kinto:   ${shown(theirs)}`,
        `    Kintoun: ${shown(ours)}`,
      ]),
    `  Kinto:   ${kinto.status} ${shown(kinto.body)}`,
    `  Kintoun: ${kintoun.status} ${shown(kintoun.body)}`,
  ].join("\n");

const told = ({ about, as, method, path, headers, body }: Step): string =>
  `(${about}) ${as ?? "nobody"}: ${method} ${path}${headers === undefined ? "" : ` ${JSON.stringify(headers)}`}${body === undefined ? "" : ` ${body.slice(0, 600)}`}`;

const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 500));
