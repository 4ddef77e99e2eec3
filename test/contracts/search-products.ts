import type { JsonObject } from "../../lib/json.ts";

/** Products with prices, dates, places and reviews. Some fields are missing or of another type. */
export const PRODUCTS: Readonly<Record<string, JsonObject>> = {
  anvil: {
    name: "Anvil",
    price: 120,
    brand: "Acme",
    tags: ["iron", "heavy"],
    stock: true,
    added: "2024-01-31T23:30:00Z",
    place: { lat: 48.85, lon: 2.35 },
    reviews: [
      { stars: 5, by: "ann", at: "2024-02-01" },
      { stars: 3, by: "bob", at: "2024-02-10" },
    ],
  },
  bolt: {
    name: "Bolt",
    price: 0.5,
    brand: "Acme",
    tags: ["iron"],
    stock: true,
    added: "2024-02-01T08:00:00+01:00",
    place: "52.52,13.40",
    reviews: [{ stars: 4, by: "bob", at: "2024-03-05" }],
  },
  clamp: {
    name: "Clamp",
    price: 35,
    brand: "Bolton",
    tags: ["iron", "wood"],
    stock: false,
    added: "2024-03-31T00:30:00Z",
    place: [-0.12, 51.5],
    reviews: [],
  },
  drill: {
    name: "Drill",
    price: 89.5,
    brand: "Bolton",
    tags: ["electric", "heavy"],
    stock: true,
    added: "2024-03-31",
    place: { lat: -33.87, lon: 151.21 },
    reviews: [
      { stars: 1, by: "cat", at: "2024-04-01" },
      { stars: 1, by: "ann", at: "2024-04-02" },
    ],
  },
  easel: { name: "Easel", price: 35, brand: "Cato", tags: ["wood"], added: "2024-10-27T00:30:00Z", weight: [2, 2.5] },
  file: { name: "File", price: "free", tags: [], stock: "unknown", added: 1706745600000, brand: null },
};

/** The collection of the products. */
export const PRODUCTS_METADATA: JsonObject = { index: { nested: ["reviews"] } };
