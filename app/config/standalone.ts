import { didYouMean } from "../../core/nearest.ts";
import { queuesOf } from "../topology.ts";
import type { Config } from "./config.ts";

/** What is wrong with the names of queues that are worked on apart, each a line. @param where who names them */
export const standaloneFlaws = (config: Config, where: "kintoun.config.ts: standalone" | "KINTOUN_STANDALONE"): readonly string[] => {
  const known = queuesOf(config).map(({ name }) => name);
  return config.standalone.filter((name) => !known.includes(name)).map((name) => `${where}: there is no queue '${name}'. ${didYouMean(name, known)}`);
};
