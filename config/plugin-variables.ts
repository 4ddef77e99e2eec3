import type { OwnNeed } from "../kit/need.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { pluginVariable } from "./environment.ts";

/** The variables that single plugins are told something by. @param secret those whose value may stand in no function's environment, or the others */
export const pluginVariables = (plugins: readonly ReadPlugin[], secret: boolean): readonly string[] =>
  plugins
    .flatMap(({ needs }) => Object.values(needs))
    .flatMap((need) => (secret ? secretsIn(need) : need.kind === "variable" ? [need] : []).map(pluginVariable));

const secretsIn = (need: OwnNeed): readonly { readonly plugin: string; readonly name: string }[] => {
  if (need.kind === "given") return [need];
  return need.kind === "mail" && need.password !== undefined ? [{ ...need.password, plugin: need.plugin }] : [];
};
