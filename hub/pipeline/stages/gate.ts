/**
 * Stage: decides whether the candidate may replace the champion, and writes the report that shows why.
 *
 * @module
 */
import { canonicalJson } from "@aisle/shared/hash";
import { Evaluation } from "../../evaluation/evaluation.ts";
import { gate } from "../../evaluation/gate.ts";
import type { LeftOut } from "../../evaluation/one_source.ts";
import { reportHtml } from "../../evaluation/report_html.ts";
import type { StageContext } from "../stage_context.ts";
import type { GateInput, GateOutput } from "../stage_values.ts";

/** Judges by the evaluations alone. */
export async function gateStage(input: GateInput, context: StageContext): Promise<GateOutput> {
  const { blobs, params } = context;
  const read = async (digest: string) =>
    Evaluation.parse(JSON.parse(new TextDecoder().decode(await blobs.bytes(digest))));
  const candidate = await read(input.candidate);
  const champion = input.baseline === null ? null : await read(input.baseline);
  const leftOut: LeftOut[] = [];
  for (const { evaluation, ownGold, ...source } of input.leftOut ?? []) {
    leftOut.push({
      ...source,
      ownGold: new Set(ownGold),
      without: evaluation === null ? null : await read(evaluation),
    });
  }
  const verdict = gate(candidate, champion, params.gate, leftOut);
  const encode = (text: string) => new TextEncoder().encode(text);
  const html = reportHtml({
    title: input.title,
    evaluation: candidate,
    champion,
    verdict,
    names: new Map(Object.entries(input.names)),
  });
  return {
    verdict: (await blobs.put(encode(canonicalJson(verdict)))).digest,
    html: (await blobs.put(encode(html))).digest,
    accept: verdict.accept,
    rules: verdict.rules.map(({ id, ok, severity, message }) => ({ id, ok, severity, message })),
  };
}
