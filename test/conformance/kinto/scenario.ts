/**
 * One request of a scenario, for any server. Values that depend on the server or on the run are written as symbols in
 * `path`, `headers` and `body`. `ScenarioClient` replaces them with values from earlier answers:
 *
 * | symbol | stands for |
 * |---|---|
 * | `{{w}}` | the number of the scenario, so that names are unique |
 * | `{{basic:NAME}}`, `{{user:NAME}}` | the credentials, and the user id, of that user |
 * | `{{basic:NAME:PASSWORD}}` | credentials with that password instead of `secret` |
 * | `{{time:PATH:BACK:PLUS}}` | the last timestamp answered at that path, or the one BACK steps before it, plus PLUS ms |
 * | `"#{{time:…}}"` | the same as a JSON number |
 * | `{{next:PATH}}` | the path of the last `Next-Page` answered at that path; `{{next:DELETE PATH}}` for a DELETE |
 * | `{{id:PATH:BACK}}` | an id that the server generated for an object posted there |
 */
export interface Step {
  /** The feature of `FEATURES` that generated it. */
  readonly feature: string;
  /** A user's name, or `NAME:PASSWORD`; `null` for an anonymous request. */
  readonly user: string | null;
  readonly method: string;
  /** From the server's root, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests that are sent one after the other, to an empty store. */
export type Scenario = readonly Step[];

/** The path without its query. */
export const pathOnly = (path: string): string => path.replace(/\?.*$/s, "");
