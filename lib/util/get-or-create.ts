/** The value of a key in a map. Creates it when it is absent. */
export const getOrCreate = <Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value => {
  if (map.has(key)) return map.get(key) as Value;
  const value = create();
  map.set(key, value);
  return value;
};
