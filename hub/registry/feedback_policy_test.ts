import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Arrival,
  type FeedbackLimits,
  placeFeedback,
  type Rival,
  type Trust,
  TRUST_WEIGHTS,
} from "./feedback_policy.ts";

const LIMITS: FeedbackLimits = {
  defaultTrust: "neutral",
  quotaPerDay: 100,
  burstRows: 20,
  burstMinutes: 10,
};
const standing = (trust: Trust) => ({ trust, weight: TRUST_WEIGHTS[trust], quotaPerDay: null });
const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  joined: true,
  standing: standing("neutral"),
  lastDay: 0,
  lastMinutes: 0,
  rivals: [],
  ...changes,
});

const trusts = fc.constantFrom<Trust>("trusted", "neutral", "untrusted", "blocked");
const rivals = fc.array(fc.record<Rival>({
  key: fc.uuid(),
  state: fc.constantFrom("pending", "merged", "quarantined"),
  weight: fc.constantFrom(0, 0.1, 0.5, 1),
}));
const arrivals = fc.record<Arrival>({
  joined: fc.boolean(),
  standing: fc.tuple(trusts, fc.option(fc.nat(200))).map(([trust, quotaPerDay]) => ({
    ...standing(trust),
    quotaPerDay,
  })),
  lastDay: fc.nat(200),
  lastMinutes: fc.nat(40),
  rivals,
});

Deno.test("placeFeedback() gives a reason exactly where the record does not go its usual way", () => {
  fc.assert(fc.property(arrivals, (given) => {
    const { state, reason } = placeFeedback(given, LIMITS);
    assert.equal(reason === null, state === "pending" || state === "unjoined");
  }));
});

Deno.test("placeFeedback() never lets a blocked source train or count, whatever else is true", () => {
  fc.assert(fc.property(arrivals, (given) => {
    const placed = placeFeedback({ ...given, standing: standing("blocked") }, LIMITS);
    assert.equal(placed.state, "rejected");
    assert.deepEqual([placed.outweighed, placed.contested], [[], []]);
  }));
});

Deno.test("placeFeedback() never believes more of the same when more of it comes", () => {
  fc.assert(fc.property(arrivals, fc.nat(100), fc.nat(100), (given, day, minutes) => {
    const more = {
      ...given,
      lastDay: given.lastDay + day,
      lastMinutes: given.lastMinutes + minutes,
    };
    if (placeFeedback(given, LIMITS).alarm === "burst") {
      assert.equal(placeFeedback(more, LIMITS).alarm, "burst");
    }
  }));
});

Deno.test("placeFeedback() touches only weaker rivals that are not merged, and equals that wait for a merge", () => {
  fc.assert(fc.property(arrivals, (given) => {
    const { outweighed, contested, state } = placeFeedback(given, LIMITS);
    const by = new Map(given.rivals.map((rival) => [rival.key, rival]));
    for (const key of outweighed) {
      assert.ok(by.get(key)!.weight < given.standing.weight && by.get(key)!.state !== "merged");
    }
    for (const key of contested) {
      assert.deepEqual(
        [by.get(key)!.weight, by.get(key)!.state],
        [given.standing.weight, "pending"],
      );
    }
    if (contested.length > 0) assert.equal(state, "quarantined");
  }));
});

Deno.test("placeFeedback() quarantines from the very record that is over the bound", () => {
  const at = (lastMinutes: number, trust: Trust = "neutral") =>
    placeFeedback(arrival({ lastMinutes, standing: standing(trust) }), LIMITS).state;
  assert.deepEqual([at(19), at(20), at(20, "trusted")], ["pending", "quarantined", "pending"]);
  const day = (lastDay: number, quotaPerDay: number | null, trust: Trust = "neutral") =>
    placeFeedback(arrival({ lastDay, standing: { ...standing(trust), quotaPerDay } }), LIMITS)
      .state;
  assert.deepEqual(
    [day(99, null), day(100, null), day(100, 101), day(5, 5, "trusted"), day(500, null, "trusted")],
    ["pending", "quarantined", "pending", "quarantined", "pending"],
  );
});

Deno.test("placeFeedback() lets the weightier word win and equals wait for a person", () => {
  const rival: Rival = { key: "r", state: "pending", weight: 0.5 };
  const say = (trust: Trust, state: Rival["state"] = "pending") =>
    placeFeedback(arrival({ standing: standing(trust), rivals: [{ ...rival, state }] }), LIMITS);
  assert.deepEqual([say("trusted").state, say("trusted").outweighed], ["pending", ["r"]]);
  assert.equal(say("untrusted").state, "set-aside");
  assert.deepEqual([say("neutral").state, say("neutral").contested], ["quarantined", ["r"]]);
  assert.deepEqual(say("neutral", "merged").contested, []);
  assert.equal(say("trusted", "merged").state, "pending");
});
