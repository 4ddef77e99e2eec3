import { definePlugin, type Plugin } from "../kit/index.ts";

/** A plugin that is told when each change of a record reaches it. @param heard the ms since the change's timestamp */
export const hearing = (name: string, ordered: boolean, heard: (late: number) => void): Plugin =>
  definePlugin({
    name,
    about: "Notes how late it is.",
    listeners: { late: { on: ["record.create"], ordered, run: ({ timestamp }) => heard(Date.now() - timestamp) } },
  })();
