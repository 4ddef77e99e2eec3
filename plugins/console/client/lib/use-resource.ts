import { type Inputs, useCallback, useEffect, useRef, useState } from "preact/hooks";

/** What a component shows of something that it loads. */
export interface Resource<Value> {
  /** The latest value; stays while it is loaded again. */
  readonly value: Value | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  /** True once loading takes long enough to say so. */
  readonly isSlow: boolean;
  readonly reload: () => void;
}

/** Answers that take longer are announced. */
const SLOW_MS = 300;

export interface ResourceOptions {
  /** Loads again after so many ms, while the page is visible. */
  readonly pollMs?: number;
}

interface State<Value> {
  readonly value: Value | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly inputs: Inputs;
}

/** Loads something when a component appears and when an input changes. Forgets the value of other inputs. */
export const useResource = <Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  inputs: Inputs,
  { pollMs }: ResourceOptions = {},
): Resource<Value> => {
  const [state, setState] = useState<State<Value>>({ value: undefined, error: undefined, isLoading: true, inputs });
  const [isSlow, setSlow] = useState(false);
  const [round, setRound] = useState(0);
  const isBusy = useRef(false);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setRound((count) => count + 1), []);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    isBusy.current = true;
    setState((before) =>
      isSame(before.inputs, inputs)
        ? { ...before, isLoading: true }
        : { value: undefined, error: undefined, isLoading: true, inputs },
    );
    const slow = setTimeout(() => setSlow(true), SLOW_MS);
    const end = (value: Value | undefined, error: unknown): void => {
      if (signal.aborted) return;
      isBusy.current = false;
      clearTimeout(slow);
      setSlow(false);
      setState((before) => ({
        value: value ?? (error === undefined ? value : before.value),
        error,
        isLoading: false,
        inputs,
      }));
    };
    latest.current(signal).then(
      (value) => end(value, undefined),
      (error: unknown) => end(undefined, error),
    );
    return () => {
      clearTimeout(slow);
      controller.abort();
    };
  }, [...inputs, round]);

  useEffect(() => {
    if (pollMs === undefined) return;
    const timer = setInterval(() => {
      // A store that answers more slowly is not asked again before it has.
      if (!document.hidden && !isBusy.current) reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);

  const isOutdated = !isSame(state.inputs, inputs);
  return {
    value: isOutdated ? undefined : state.value,
    error: isOutdated ? undefined : state.error,
    isLoading: isOutdated || state.isLoading,
    isSlow,
    reload,
  };
};

const isSame = (one: Inputs, other: Inputs): boolean =>
  one.length === other.length && one.every((input, index) => Object.is(input, other[index]));
