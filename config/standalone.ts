import type { ReadPlugin } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { queueConfigs } from "./queues.ts";

interface StandaloneConfig {
  readonly plugins: readonly ReadPlugin[];
  readonly standalone: readonly string[];
}

/** What is wrong with the names of queues that are worked on apart, each a line. @param where who names them */
export const standaloneIssues = (
  { plugins, standalone }: StandaloneConfig,
  where: "kintoun.config.ts: standalone" | "KINTOUN_STANDALONE",
): readonly string[] => {
  const known = queueConfigs({ plugins }).map(({ name }) => name);
  return standalone
    .filter((name) => !known.includes(name))
    .map((name) => `${where}: there is no queue '${name}'. ${didYouMean(name, known)}`);
};
