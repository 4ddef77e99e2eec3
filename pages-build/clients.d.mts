/** The pages of a built-in plugin. */
export interface Client {
  /** The name of the plugin. */
  readonly name: string;
  /** The folder with `index.html`, and possibly a `vite.config.ts` of its own. */
  readonly sources: string;
  /** The folder with the built files. */
  readonly files: string;
}

export const findClients: (root: string) => readonly Client[];
export const findStaleClients: (root: string) => readonly Client[];
