/**
 * Data: versions, the classes of the newest one, splits, labels.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { countBars } from "../charts.ts";
import type { Dataset } from "../../registry/datasets.ts";
import { badge, type Html, short, time, whole } from "../format.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { asList, asRecord } from "../stored_json.ts";
import { table } from "../tables.ts";

/** Classes drawn as bars; the table of labels names all. */
const BARS = 40;

/** Answers `/data`. */
export async function dataPage(c: HubContext): Promise<Response> {
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const body = catalogue === null ? html`<p>No catalogue yet.</p>` : await dataOf(c, catalogue);
  return await respondWithPage(c, { title: "Data", section: "/data", catalogue, catalogues, body });
}

async function dataOf(c: HubContext, catalogue: string): Promise<Html> {
  const { datasets, splits, labels } = c.get("hub").registry;
  const [versions, head, split, labelList] = await Promise.all([
    datasets.list(catalogue),
    datasets.head(catalogue),
    splits.head(catalogue),
    labels.list(catalogue),
  ]);
  const names = new Map(labelList.labels.map((l) => [l.code, l.name]));
  const classes = Object.entries(head?.classes ?? {}).map(([code, count]) => {
    const name = names.get(code);
    return { name: name === undefined || name === code ? code : `${code} ${name}`, count };
  }).toSorted((a, b) => b.count - a.count);
  return html`
    <section class="panel"><h2>Versions</h2>${table(
      [
        "Version",
        { name: "Made", extra: true },
        { number: "Rows" },
        { number: "Classes", extra: true },
        { number: "Set aside", extra: true },
        { name: "Against its parent", extra: true },
        "",
      ],
      versions.map((v) =>
        html`
          <tr>
            <td><code>${short(v.digest)}</code>${v.digest === head?.digest ? " in use" : ""}</td>
            <td>${time(v.createdAt, "ago")}</td>
            <td class="number">${whole(v.rows)}</td>
            <td class="number">${whole(Object.keys(v.classes).length)}</td>
            <td class="number">${whole(v.setAside)}</td>
            <td>${v.diff === null
              ? "first"
              : `+${v.diff.added} −${v.diff.removed} ±${v.diff.changed}`}</td>
            <td>${v.reportBlob === null
              ? ""
              : html`<a href="/reports/${v.reportBlob}">Check report</a>`}</td>
          </tr>
        `
      ),
      "No data yet. Bring some in with: deno task ingest",
    )}</section>
    ${findingsPanel(versions)}
    <div class="grid">
      <section class="panel"><h2>Classes of the version in use</h2>${countBars(
        classes.slice(0, BARS),
        classes.length > BARS
          ? `The ${BARS} largest of ${classes.length} classes`
          : "Rows of each class",
      )}</section>
      <div>
        <section class="panel"><h2>Sets</h2>${split === null
          ? html`<p class="soft">Not split yet.</p>`
          : html`
            <dl class="tiles">${Object.entries(split.counts).map(([name, count]) =>
              html`
                <div>
                  <dt>${name}</dt>
                  <dd>${whole(count)}</dd>
                </div>
              `
            )}</dl>
            <p class="soft">Gold rows judge and never train. <code>${short(
              split.digest,
            )}</code>, ${time(split.createdAt, "ago")}</p>
          `}</section>
        <section class="panel"><h2>Labels, version ${labelList.version}</h2>${table(
          ["Code", "Name", ""],
          labelList.labels.map((l) =>
            html`
              <tr>
                <td><code>${l.code}</code></td>
                <td>${l.name}</td>
                <td>${l.mergedInto === null ? "" : `counts as ${l.mergedInto}`}</td>
              </tr>
            `
          ),
          "No label yet.",
        )}</section>
      </div>
    </div>
  `;
}

/** Looks of a finding's severity. */
const LOOKS: Readonly<Record<string, { readonly look: "bad" | "warn" }>> = {
  error: { look: "bad" },
  warning: { look: "warn" },
};

/** What the newest check of raw files found, rows and pictures apart; nothing where none was kept. */
function findingsPanel(versions: readonly Dataset[]): Html | "" {
  const [findings] = versions.map(({ source }) => asList(asRecord(source)["findings"]))
    .filter((list) => list.length > 0);
  if (findings === undefined) return "";
  const rows = findings.map((finding) => {
    const { id, severity, message } = asRecord(finding);
    return {
      ofPictures: /picture|image/.test(String(id)),
      severity: String(severity),
      message: String(message),
    };
  });
  const list = (title: string, ofPictures: boolean) => {
    const own = rows.filter((row) => row.ofPictures === ofPictures);
    return own.length === 0 ? "" : html`
      <h3>${title}</h3>
      <ul class="rules">${own.map(({ severity, message }) =>
        html`<li>${badge(severity, LOOKS[severity])} ${message}</li>`
      )}</ul>
    `;
  };
  return html`<section class="panel"><h2>What the check of the files found</h2>
  ${list("Rows", false)}${list("Pictures", true)}</section>`;
}
