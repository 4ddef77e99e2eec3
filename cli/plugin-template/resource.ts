import type { Part } from "./part.ts";
import type { NewPlugin } from "./plugin.ts";

export const resource: Part = {
  about: "brings a type of objects of its own, with all of the protocol's verbs",
  zod: true,
  code: (plugin) => ({
    resources: `
${nameOf(plugin)}: {
  about: "Something that has a title.",
  schema: z.looseObject({ title: z.string() }),
},`,
  }),
  tests: (plugin, write) => [
    {
      title: "keeps objects of its own",
      body: `
${write.start(`${plugin.identifier}()`)}
const place = "/${nameOf(plugin)}s/first";

${write.equal("(await store.put(place, { data: { title: 7 } })).status", "400")}
${write.equal('(await store.put(place, { data: { title: "First" } })).status', "201")}
${write.equal("(await store.get(place)).body.data.title", '"First"')}`,
    },
  ],
};

/** What its objects are called: in resources' names, of at most 31 characters, there are no dashes. */
const nameOf = ({ name }: NewPlugin): string => `${name.replaceAll("-", "_").slice(0, 26)}_item`;
