/** Returns a record with the same keys and converted values. `undefined` becomes an empty record. */
export const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>> | undefined,
  convert: (value: Value, name: string) => Result,
): Readonly<Record<string, Result>> =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, convert(value, name)]));
