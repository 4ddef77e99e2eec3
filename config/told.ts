import type { PluginManifest } from "../kit/read-plugin.ts";

/** A flaw of a plugin as operators read it. @param path where in its definition */
export const formatIssue = ({ name }: PluginManifest, path: string, flaw: string): string =>
  `plugins: ${name}.${path}: ${flaw}`;
