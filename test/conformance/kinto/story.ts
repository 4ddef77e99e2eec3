/**
 * One request of a story, for any server. What only a server or the place of a story in a run decides stands as a symbol in
 * `path`, `headers` and `body`; {@link Teller} puts in what was seen:
 *
 * | symbol | stands for |
 * |---|---|
 * | `{{w}}` | the number of the story's world: names that hold it are new in each |
 * | `{{basic:NAME}}`, `{{user:NAME}}` | the credentials, and the user id, of that user |
 * | `{{time:PATH:BACK:PLUS}}` | the timestamp told last at that path, BACK distinct ones before it, plus so many ms |
 * | `"#{{time:…}}"` | the same as a JSON number |
 * | `{{next:PATH}}` | the last `Next-Page` told at that path, from its path on; `{{next:DELETE PATH}}` that of a DELETE |
 * | `{{id:PATH:BACK}}` | an id that the server made for something posted there |
 */
export interface Step {
  /** The feature of {@link FEATURES} that made it. */
  readonly about: string;
  /** A user's name; `null` for nobody. */
  readonly as: string | null;
  readonly method: string;
  /** From the server's root, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests that are sent one after the other, beginning with nothing stored. */
export type Story = readonly Step[];

/** The path without its query, under which what was seen there is remembered. */
export const placeOf = (path: string): string => path.replace(/\?.*$/s, "");
