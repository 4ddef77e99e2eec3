/** The same record, each value made into another. */
export const each = <Value, Made>(
  record: Readonly<Record<string, Value>> | undefined,
  make: (value: Value, name: string) => Made,
): Readonly<Record<string, Made>> =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, make(value, name)]));
