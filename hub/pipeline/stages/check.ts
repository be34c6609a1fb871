/**
 * Stage: looks at raw files and reports what is wrong with them, before anything is built on them.
 *
 * @module
 */
import { checkSource } from "../../data/check.ts";
import { checkReportHtml } from "../../data/check_report.ts";
import { openPictureReader } from "../../images/picture_reader.ts";
import type { StageContext } from "../stage_context.ts";
import type { CheckInput, CheckOutput } from "../stage_values.ts";

/** Checks the source's files; the report is a JSON and an HTML blob. */
export async function check(input: CheckInput, context: StageContext): Promise<CheckOutput> {
  const { blobs, params, emit, signal } = context;
  const report = await checkSource(
    input.source,
    (key) => blobs.open(key),
    params.check,
    {
      readContents: async function* (digests) {
        const pictures = await openPictureReader(blobs, input.source.images);
        for await (const picture of pictures.readAll(digests)) {
          signal.throwIfAborted();
          yield picture;
        }
      },
      onProgress: (done, total) => {
        signal.throwIfAborted();
        emit({ type: "progress", done, total, what: total > 0 ? "check of pictures" : "check" });
      },
    },
  );
  const encode = (text: string) => new TextEncoder().encode(text);
  const json = await blobs.put(encode(JSON.stringify(report)));
  const html = await blobs.put(encode(checkReportHtml(report)));
  return {
    report: json.digest,
    html: html.digest,
    fatal: report.fatal,
    rows: report.rows,
    findings: report.findings.map(({ id, severity, count, message }) => ({
      id,
      severity,
      count,
      message,
    })),
  };
}
