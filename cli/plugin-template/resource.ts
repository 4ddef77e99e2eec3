import type { Part } from "./part.ts";
import type { NewPlugin } from "./plugin.ts";

export const resource: Part = {
  about: "adds a type of objects",
  zod: true,
  code: (plugin) => ({
    resources: `
${nameOf(plugin)}: {
  about: "An object with a title.",
  schema: z.looseObject({ title: z.string() }),
},`,
  }),
  tests: (plugin, write) => [
    {
      title: "stores its objects",
      body: `
${write.start(`${plugin.identifier}()`)}
const uri = "/${nameOf(plugin)}s/first";

${write.equal("(await store.put(uri, { data: { title: 7 } })).status", "400")}
${write.equal('(await store.put(uri, { data: { title: "First" } })).status', "201")}
${write.equal("(await store.get(uri)).body.data.title", '"First"')}`,
    },
  ],
};

/** The resource's name: at most 31 characters, without dashes. */
const nameOf = ({ name }: NewPlugin): string => `${name.replaceAll("-", "_").slice(0, 26)}_item`;
