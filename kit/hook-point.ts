/** A named point of an operation, at which plugins may do something. Made by {@link defineHookPoint}. */
export interface HookPoint<Params> {
  /** e.g. `batch.pre`; a plugin's own begin with its name and a dot. */
  readonly name: string;
  /** One sentence: when it is reached. */
  readonly about: string;
  /** What those who attach to it are told, by name, a sentence each. */
  readonly params: Readonly<Record<keyof Params & string, string>>;
  /** Whether a hook that throws keeps the operation from going on; elsewhere its failure is logged. */
  readonly veto: boolean;
}

/** Makes a point of a plugin's own: to be listed in its `hookPoints`, reached by `trigger`, and attached to by those who import it. */
export const defineHookPoint = <Params extends object>(point: HookPoint<Params>): HookPoint<Params> => point;
