/** Something to choose when the stack is created, such as the search engine. */
export interface Choice {
  /** Letters and digits; part of the names of conditions. */
  readonly name: string;
  /** The condition of each option, by its name. Exactly one is true. */
  readonly options: Readonly<Record<string, object>>;
}

/** An option of each choice, by the names of the choices. */
export type Variant = Readonly<Record<string, string>>;

/** All combinations of options. */
export const listVariants = (choices: readonly Choice[]): readonly Variant[] =>
  choices.reduce<readonly Variant[]>(
    (variants, { name, options }) =>
      variants.flatMap((variant) => Object.keys(options).map((option) => ({ ...variant, [name]: option }))),
    [{}],
  );

/** The index of the value that a variant takes, or a branch on one choice. `undefined` where any value would do. */
export type Decision = number | undefined | { readonly choice: Choice; readonly branches: readonly Branch[] };

/** Options that lead to the same decision. */
interface Branch {
  readonly options: readonly string[];
  readonly decision: Decision;
}

/** Finds the choices on which a number depends. @param numberOf that of a variant; `undefined` if any would do */
export const decide = (choices: readonly Choice[], numberOf: (variant: Variant) => number | undefined): Decision => {
  const [choice, ...others] = choices;
  if (choice === undefined) return numberOf({});
  const branches = new Map<string, Branch>();
  for (const option of Object.keys(choice.options)) {
    const decision = decide(others, (variant) => numberOf({ ...variant, [choice.name]: option }));
    if (decision === undefined) continue;
    const key = JSON.stringify(decision);
    branches.set(key, { options: [...(branches.get(key)?.options ?? []), option], decision });
  }
  const [first, ...rest] = branches.values();
  return rest.length === 0 ? first?.decision : { choice, branches: [...branches.values()] };
};
