import assert from "node:assert/strict";
import { each, Exposition } from "./exposition.ts";

Deno.test("Exposition writes a head a family, one sample a line, and no family without samples", () => {
  const out = new Exposition("a_");
  out.add("up", "gauge", "Whether.", 1);
  out.add("none", "gauge", "Nothing.", []);
  out.add("seen_total", "counter", "By place.", each("place", { 'a"b\\c\nd': 2 }));
  out.add("odd", "gauge", "Numbers.", [[{}, NaN], [{}, -Infinity]]);
  assert.equal(
    out.text(),
    "# HELP a_up Whether.\n# TYPE a_up gauge\na_up 1\n" +
      "# HELP a_seen_total By place.\n# TYPE a_seen_total counter\n" +
      'a_seen_total{place="a\\"b\\\\c\\nd"} 2\n' +
      "# HELP a_odd Numbers.\n# TYPE a_odd gauge\na_odd NaN\na_odd -Inf\n",
  );
});

Deno.test("Exposition writes histograms with cumulative buckets", () => {
  const out = new Exposition("");
  out.addHistogram("t_seconds", "Time.", [0.1, 1], { buckets: [2, 1, 4], sum: 9.5 });
  assert.deepEqual(out.text().trimEnd().split("\n").slice(2), [
    't_seconds_bucket{le="0.1"} 2',
    't_seconds_bucket{le="1"} 3',
    't_seconds_bucket{le="+Inf"} 7',
    "t_seconds_sum 9.5",
    "t_seconds_count 7",
  ]);
});
