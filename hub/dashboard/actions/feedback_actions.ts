/**
 * What the buttons of the feedback page do: judge a source, release, reject, resolve.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { clearFeedbackAlerts } from "../../api/areas/feedback_trust.ts";
import { findCatalogue } from "../../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../../api/context.ts";
import { type Trust, TRUST_WEIGHTS } from "../../registry/feedback_policy.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    judged: (source: string) => `${source} is judged.`,
    release: (n: number) => `${n} released.`,
    reject: (n: number) => `${n} rejected.`,
    resolved: (code: string) => `Resolved as ${code}.`,
  },
  fr: {
    judged: (source: string) => `${source} : c’est noté.`,
    release: (n: number) => `${n} libéré(s).`,
    reject: (n: number) => `${n} rejeté(s).`,
    resolved: (code: string) => `Résolu : ${code}.`,
  },
};

async function catalogueOf(c: HubContext): Promise<string> {
  return (await findCatalogue(c.get("hub"), await required(c, "catalogue"))).name;
}

/** Says how far a source is believed. */
export async function judgeSourceAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), catalogue = await catalogueOf(c), by = actorOf(c);
  const source = await required(c, "source"), edgeId = await required(c, "edgeId");
  const asked = await required(c, "trust"), quota = (await formField(c, "quotaPerDay")).trim();
  if (!Object.hasOwn(TRUST_WEIGHTS, asked)) {
    throw new AppError("input-invalid", `Cannot judge a source: there is no trust ${asked}`);
  }
  if (!/^\d{0,9}$/.test(quota)) {
    throw new AppError("input-invalid", `Cannot judge a source: ${quota} is no number of records`);
  }
  const change = {
    trust: asked as Trust,
    quotaPerDay: quota === "" ? null : Number(quota),
  };
  c.set("auditNote", {
    action: "judge-feedback-source",
    target: catalogue,
    details: { source, edgeId, ...change },
  });
  const limits = hub.params.sources;
  await hub.registry.sources.set(catalogue, { source, edgeId }, change, { by, limits });
  await clearFeedbackAlerts(c, catalogue);
  flash(c, textsOf(c, TEXTS).judged(`${source}@${edgeId}`));
  return await back(c);
}

/** Releases or rejects what waits: one record by `key`, or all of `source` at `edgeId`. */
export function decideAction(verb: "release" | "reject") {
  return async (c: HubContext): Promise<Response> => {
    const catalogue = await catalogueOf(c), key = await formField(c, "key");
    const choice = key === ""
      ? { source: await required(c, "source"), edgeId: await required(c, "edgeId") }
      : { keys: [key] };
    const { quarantine } = c.get("hub").registry;
    const records = await quarantine[verb](catalogue, choice, actorOf(c));
    await clearFeedbackAlerts(c, catalogue);
    const details = { ...choice, records };
    c.set("auditNote", { action: `${verb}-feedback`, target: catalogue, details });
    flash(c, textsOf(c, TEXTS)[verb](records));
    return await back(c);
  };
}

/** Believes one code of a conflict. */
export async function resolveAction(c: HubContext): Promise<Response> {
  const catalogue = await catalogueOf(c);
  const content = await required(c, "content"), code = await required(c, "code");
  const details = { content, code };
  c.set("auditNote", { action: "resolve-feedback-conflict", target: catalogue, details });
  await c.get("hub").registry.quarantine.resolve(catalogue, content, code, actorOf(c));
  await clearFeedbackAlerts(c, catalogue);
  flash(c, textsOf(c, TEXTS).resolved(code));
  return await back(c);
}
