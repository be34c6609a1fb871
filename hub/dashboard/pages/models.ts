/**
 * Bundles: the list with the history of aliases, and one bundle with its figures and verdicts.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { badge, bytes, figure, type Html, percent, short, time } from "../format.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { promoteForm } from "../release_forms.ts";
import { asList, asRecord, readRules } from "../stored_json.ts";
import { picturePanel } from "../picture_panel.ts";
import { bundleLink, table } from "../tables.ts";

/** Answers `/models`. */
export async function modelsPage(c: HubContext): Promise<Response> {
  const { registry } = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const names = catalogue === null ? [] : await registry.models.list({ catalogue, limit: 100 });
  const aliases = catalogue === null ? null : await registry.aliases.get(catalogue);
  const history = catalogue === null ? [] : await registry.aliases.history(catalogue);
  const rows: Html[] = [];
  for (const model of names) {
    const [evaluation] = await registry.models.evaluations(model.digest, {
      catalogue: model.catalogue,
    });
    const [verdict] = await registry.models.verdicts(model.digest, { catalogue: model.catalogue });
    const role = (["champion", "challenger", "previous"] as const).filter((a) =>
      aliases?.[a] === model.digest
    );
    rows.push(html`
      <tr>
        <td>${bundleLink(model.digest, model.catalogue)}</td>
        <td>${role.join(", ")}</td>
        <td>${time(model.createdAt, "ago")}</td>
        <td class="number">${percent(evaluation?.metrics["weightedF1"])}</td>
        <td class="number">${percent(evaluation?.metrics["accuracy"])}</td>
        <td class="number">${percent(evaluation?.metrics["textWeightedF1"])}</td>
        <td class="number">${percent(evaluation?.metrics["imageWeightedF1"])}</td>
        <td>${verdict === undefined ? "–" : badge(verdict.accept ? "accepted" : "refused")}</td>
        <td class="number">${bytes(model.sizeBytes)}</td>
      </tr>
    `);
  }
  const body = html`<section class="panel">${
    table(
      [
        "Bundle",
        "Is",
        { name: "Packed", extra: true },
        { number: "F1" },
        { number: "Accuracy", extra: true },
        { number: "Text F1", extra: true },
        { number: "Picture F1", extra: true },
        { name: "Gate" },
        { number: "Size", extra: true },
      ],
      rows,
      "No bundle yet.",
    )
  }</section>
<section class="panel"><h2>What was served when</h2>${
    table(
      ["When", "What", "Champion", { name: "By", extra: true }, { name: "Why", extra: true }],
      history.map((h) =>
        html`
          <tr>
            <td>${time(h.at)}</td>
            <td>${h.kind}</td>
            <td>${bundleLink(h.champion, h.catalogue)}</td>
            <td>${h.by}</td>
            <td class="long">${h.why}</td>
          </tr>
        `
      ),
      "Nothing was promoted yet.",
    )
  }</section>`;
  return await respondWithPage(c, {
    title: "Models",
    section: "/models",
    catalogue,
    catalogues,
    body,
  });
}

/** Answers `/models/:digest`. */
export async function modelPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), digest = c.req.param("digest")!;
  const asked = c.req.query("catalogue");
  const { models, aliases, labels } = hub.registry;
  const model = found(await models.get(digest, { catalogue: asked }), "the bundle", digest);
  const { catalogue } = model;
  const [evaluations, verdicts, state, labelList] = await Promise.all([
    models.evaluations(digest, { catalogue }),
    models.verdicts(digest, { catalogue }),
    aliases.get(catalogue),
    labels.list(catalogue),
  ]);
  const [evaluation] = evaluations, [verdict] = verdicts;
  const rules = verdict === undefined ? [] : await readRules(hub.blobs, verdict.blob);
  const manifest = asRecord(model.manifest);
  const names = new Map(labelList.labels.map((l) => [l.code, l.name]));
  const role = (["champion", "challenger", "previous"] as const).filter((a) => state[a] === digest);
  const body = html`
    <div class="grid">
      <section class="panel"><h2>Bundle</h2><dl class="facts">
    <dt>Digest</dt><dd><code>${digest}</code></dd>
    <dt>Is</dt><dd>${role.join(", ") || "none of the aliases"}</dd>
    <dt>Packed</dt><dd>${time(model.createdAt)}, ${bytes(model.sizeBytes)}</dd>
    <dt>Kind</dt><dd>${String(manifest["kind"] ?? "–")}</dd>
    <dt>Run</dt><dd>${model.runId === null
      ? "–"
      : html`<a href="/runs/${model.runId}">${short(model.runId)}</a>`}</dd>
    <dt>Data</dt><dd>${model.dataset === null
      ? "–"
      : html`<a href="/data?catalogue=${catalogue}"><code>${short(model.dataset)}</code></a>`}</dd>
    <dt>Classes</dt><dd><details><summary>${asList(manifest["classes"]).length}</summary>${asList(
      manifest["classes"],
    ).map((code) => {
      const name = names.get(String(code));
      return name === undefined || name === code ? String(code) : `${code} ${name}`;
    }).join(", ")}</details></dd>
    </dl>${promoteForm(c, state, { digest, accepted: verdict?.accept ?? false })}</section>
      <section class="panel"><h2>Gate</h2>${verdict === undefined
        ? html`<p class="soft">Not judged yet.</p>`
        : html`<p>${badge(verdict.accept ? "accepted" : "refused")} ${
          verdict.against === null
            ? "with no champion to beat"
            : html`against ${bundleLink(verdict.against, catalogue)}`
        }, ${time(verdict.createdAt, "ago")}${
          verdict.htmlBlob === null ? "" : html`
            · <a href="/reports/${verdict.htmlBlob}">report with plots</a>
          `
        }</p>
<ul class="rules">${
          rules.map((r) =>
            html`<li>${
              badge(r.ok ? "ok" : r.severity === "warning" ? "warning" : "failed")
            } ${r.message}</li>`
          )
        }</ul>`}</section>
    </div>
    ${picturePanel(c, evaluation?.metrics ?? {}, manifest)}
    <div class="grid">
      <section class="panel"><h2>On gold rows</h2>${table(
        ["Figure", { number: "Value" }],
        Object.entries(evaluation?.metrics ?? {}).map(([name, value]) =>
          html`
            <tr>
              <td>${name}</td>
              <td class="number">${figure(value)}</td>
            </tr>
          `
        ),
        "Not evaluated yet.",
      )}</section>
      <section class="panel"><h2>How much can be accepted automatically</h2>${thresholds(
        manifest,
      )}</section>
    </div>
  `;
  return await respondWithPage(c, {
    title: `Bundle ${short(digest)}`,
    section: "/models",
    catalogue,
    body,
  });
}

/** The thresholds that travel in the bundle, fitted out-of-fold. */
function thresholds(manifest: Readonly<Record<string, unknown>>): Html {
  const auto = asRecord(manifest["decision"])["autoPrecision"];
  return table(
    [{ number: "At precision" }, { number: "Confidence from" }, { number: "Share" }, ""],
    asList(manifest["thresholds"]).map(asRecord).map((t) =>
      html`
        <tr>
          <td class="number">${percent(t["precision"] as number)}</td>
          <td class="number">${t["confidence"] === null
            ? "never"
            : figure(t["confidence"] as number)}</td>
          <td class="number">${percent(t["coverage"] as number)}</td>
          <td>${t["precision"] === auto ? "in use" : ""}</td>
        </tr>
      `
    ),
    "The bundle holds no thresholds.",
  );
}
