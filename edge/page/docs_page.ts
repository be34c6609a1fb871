/**
 * An OpenAPI 3.1 document as one HTML page, made here: no script, nothing from elsewhere.
 *
 * It draws what this project's documents use (JSON schemas by value or by `$ref`), not all that OpenAPI can say.
 *
 * @module
 */
import { html, type raw } from "hono/html";

/** A JSON schema as far as it is drawn. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly [rule: string]: unknown;
}
interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}
interface Content {
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}
interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}
/** An OpenAPI document as far as it is drawn. */
export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

type Html = ReturnType<typeof raw>;
/** Forms that can carry a file. */
const FORM = "multipart/form-data";
/** Rules of a schema that are told beside its type. */
const RULES = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern"];

/** The page; `origin` goes into the examples for the command line. */
export function docsPage(document: OpenApiDocument, origin: string): string {
  const groups = new Map<string, Html[]>();
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "Other";
      groups.set(tag, [
        ...groups.get(tag) ?? [],
        drawn(document, origin, method, path, operation),
      ]);
    }
  }
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${document.info.title} · API</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="assets/page.css">
      </head>
      <body>
        <header>
          <p class="brand">${document.info.title}</p>
          <nav><a href="./">Try it</a> <a href="openapi.json">openapi.json</a></nav>
        </header>
        <main>
      <h1>API</h1>
      <p class="intro">${document.info.description ?? ""}</p>
      ${[...groups].map(([tag, operations]) => html`<h2>${tag}</h2>${operations}`)}
        </main>
      </body>
    </html>
  `);
}

function drawn(
  document: OpenApiDocument,
  origin: string,
  method: string,
  path: string,
  operation: Operation,
): Html {
  const types = Object.entries(operation.requestBody?.content ?? {});
  const [type, media] = types[0] ?? [];
  const schema = resolved(document, media?.schema);
  return html`<section class="operation">
<h3><b>${method.toUpperCase()}</b> ${path}</h3>
<p>${operation.summary ?? ""}</p>
${operation.description === undefined ? "" : html`<p>${operation.description}</p>`}
${
    media === undefined
      ? ""
      : html`<h4>Body: ${types.map(([name]) => name).join(", ")}</h4>${table(document, schema)}`
  }
<h4>From a command line</h4>
<pre>${curl(origin, method, path, type, media?.example)}</pre>
${
    types.filter(([name, { example }]) => name === FORM && example !== undefined).map((
      [, { example }],
    ) => html`<pre>${curlForm(origin, path, example)}</pre>`)
  }
<h4>Answers</h4>
${
    Object.entries(operation.responses ?? {}).map(([status, answer]) =>
      html`<p><code>${status}</code> ${answer.description ?? ""}</p>${
        Number(status) < 300 ? answered(document, answer) : ""
      }`
    )
  }
</section>` as Html;
}

/** The members of an answer. */
function answered(document: OpenApiDocument, answer: Content): Html | "" {
  const schema = resolved(document, Object.values(answer.content ?? {})[0]?.schema);
  return schema?.properties === undefined ? "" : table(document, schema);
}

function table(document: OpenApiDocument, schema: Schema | undefined): Html {
  return html`
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Field</th>
            <th>Type</th>
            <th></th>
          </tr>
        </thead>
        <tbody>${Object.entries(schema?.properties ?? {}).map(([name, field]) =>
          html`
            <tr>
              <td><code>${name}</code></td>
              <td>${typeText(document, field)}</td>
              <td>${schema?.required?.includes(name) ? "required" : ""} ${rules(
                resolved(document, field),
              )}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </div>
  ` as Html;
}

/** A schema's type in a few words. */
export function typeText(document: OpenApiDocument, given: Schema, depth = 0): string {
  const schema = resolved(document, given) ?? {};
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    return choices.map((choice) => typeText(document, choice, depth)).join(" or ");
  }
  if (schema.enum !== undefined) return schema.enum.map((x) => JSON.stringify(x)).join(" or ");
  if (schema.type === "array") {
    return `list of ${
      schema.items === undefined ? "any" : typeText(document, schema.items, depth)
    }`;
  }
  if (schema.properties !== undefined && depth < 3) {
    const members = Object.entries(schema.properties)
      .map(([name, field]) => `${name}: ${typeText(document, field, depth + 1)}`);
    return `{ ${members.join(", ")} }`;
  }
  return typeof schema.type === "string" ? schema.type : schema.type?.join(" or ") ?? "any";
}

function rules(schema: Schema | undefined): string {
  const told = RULES.filter((rule) => schema?.[rule] !== undefined)
    .map((rule) => `${rule} ${String(schema?.[rule])}`);
  if (schema?.default !== undefined) told.push(`default ${JSON.stringify(schema.default)}`);
  return told.join(", ");
}

/** `schema`, or what it refers to. */
function resolved(document: OpenApiDocument, schema: Schema | undefined): Schema | undefined {
  const name = schema?.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? schema : document.components?.schemas?.[name];
}

/** A form; a value that begins with `@` names the file to send. */
function curlForm(origin: string, path: string, example: unknown): string {
  const parts = Object.entries(example as Record<string, unknown>).map(([name, value]) =>
    `  -F '${`${name}=${value}`.replaceAll("'", "'\\''")}'`
  );
  return [`curl ${origin}${path}`, ...parts].join(" \\\n");
}

function curl(
  origin: string,
  method: string,
  path: string,
  type: string | undefined,
  example: unknown,
): string {
  if (method === "get") return `curl ${origin}${path}`;
  return `curl ${origin}${path} -H 'content-type: ${type ?? "application/json"}' \\\n  -d '${
    JSON.stringify(example ?? {}).replaceAll("'", "'\\''")
  }'`;
}
