/** Fills `{dotted.path}` with what values have there; what they have not becomes empty. Each is looked up once: a value is never taken for a template. */
export const fillTemplate = (template: string, values: object): string =>
  template.replace(/\{([\w.-]{1,200})\}/g, (_, path: string) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined), values);
    return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  });
