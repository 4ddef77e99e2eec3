import { describe, expect, it } from "@jest/globals";
import { toClientNetwork } from "../../../lib/util/client-network.ts";
import { findTimeWindow } from "../../../lib/util/time-window.ts";

describe("toClientNetwork", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::FFFF:cb00:7109", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ])("counts %s as %s", (address, network) => {
    expect(toClientNetwork(address)).toBe(network);
  });
});

describe("findTimeWindow", () => {
  it("returns the window of a time and the rest of it", () => {
    expect(findTimeWindow(59_999, 60_000)).toEqual({ number: 0, end: 60_000, seconds: 1 });
    expect(findTimeWindow(60_000, 60_000)).toEqual({ number: 1, end: 120_000, seconds: 60 });
  });
});
