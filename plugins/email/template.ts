/** Fills `{dotted.path}` with the event's values; what the event does not have becomes empty. Each is looked up once: a value is never taken for a template. */
export const fillTemplate = (template: string, event: object): string =>
  template.replace(/\{([\w.-]{1,200})\}/g, (_, path: string) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined), event);
    return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  });
