/**
 * An OpenAPI document as one page: operations by tag, parameters, bodies, answers, each with its example.
 *
 * @module
 */
import { html, raw } from "hono/html";

/** The parts of an OpenAPI document that the page shows. */
export interface OpenApiDocument {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Content {
  readonly [type: string]: { readonly schema?: Schema; readonly example?: unknown };
}
interface Schema {
  readonly [key: string]: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
    example?: unknown;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}
interface Listed extends Operation {
  readonly method: string;
  readonly path: string;
}

type Html = ReturnType<typeof html>;

/** The page. */
export function docsPage(document: OpenApiDocument): Html {
  const operations: Listed[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path }))
  );
  const byTag = Map.groupBy(operations, (operation) => operation.tags?.[0] ?? "other");
  const { title, version, description } = document.info;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title}: API</title>
        <link rel="stylesheet" href="/assets/aisle.css">
      </head>
      <body class="docs">
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <div><a class="brand" href="/">Aisle</a><span>API ${version}</span>
    <a href="/openapi.json">openapi.json</a></div>
        </header>
        <main id="main">
    <h1>${title}</h1>
    <p>${description ?? ""}</p>
    <p>Send <code>Authorization: Bearer &lt;token&gt;</code>. Each operation names the role that it asks for.</p>
    <nav class="tags" aria-label="Areas">${[...byTag.keys()].map((tag) =>
      html`
        <a href="#${tag}">${tag}</a>
      `
    )}</nav>
    ${[...byTag].map(([tag, listed]) =>
      html`<section id="${tag}"><h2>${tag}</h2>${listed.map(operationOf)}</section>`
    )}
    <section id="schemas"><h2>schemas</h2>${Object.entries(document.components?.schemas ?? {}).map((
      [name, schema],
    ) =>
      html`<details id="schema-${name}"><summary><code>${name}</code></summary>${
        block(schema)
      }</details>`
    )}</section>
        </main>
      </body>
    </html>
  `;
}

function operationOf(operation: Listed): Html {
  const {
    method,
    path,
    operationId,
    summary,
    description,
    parameters = [],
    requestBody,
    responses,
  } = operation;
  return html`<details id="${operationId}" class="operation">
<summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
<span class="what">${summary ?? ""}</span></summary>
<p>${description ?? ""}</p>
${
    parameters.length === 0 ? "" : html`
      <h3>Parameters</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>In</th>
              <th>Type</th>
              <th>Example</th>
            </tr>
          </thead>
          <tbody>${parameters.map((p) =>
            html`
              <tr>
                <td><code>${p.name}</code>${p.required ? " *" : ""}</td>
                <td>${p.in}</td>
                <td>${typeOf(p.schema)}</td>
                <td><code>${String(p.example ?? "")}</code></td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
    `
  }
${
    requestBody === undefined
      ? ""
      : html`<h3>Body${requestBody.required ? " *" : ""}</h3>${contentOf(requestBody.content)}`
  }
<h3>Answers</h3>
${
    Object.entries(responses).map(([status, response]) =>
      html`<details class="answer"><summary><b>${status}</b> ${response.description}</summary>${
        contentOf(response.content ?? {})
      }</details>`
    )
  }
</details>`;
}

function contentOf(content: Content): Html[] {
  return Object.entries(content).map(([type, { schema, example }]) =>
    html`<p><code>${type}</code> ${typeOf(schema)}</p>${
      example === undefined ? "" : block(example)
    }${
      schema === undefined || "$ref" in schema || schema["type"] === "string"
        ? ""
        : html`<details><summary>Schema</summary>${block(schema)}</details>`
    }`
  );
}

function block(value: unknown): Html {
  // The template would indent nothing inside pre, but it must not: whitespace counts there.
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return html`<pre tabindex="0"><code>${text}</code></pre>`;
}

/** A schema in a few words, linked to its full text where that has a name. */
function typeOf(schema: Schema | undefined): Html | string {
  if (schema === undefined) return "";
  const ref = schema["$ref"];
  if (typeof ref === "string") {
    const name = ref.split("/").at(-1)!;
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const values = schema["enum"];
  if (Array.isArray(values)) return values.join(" | ");
  const type = schema["type"];
  const words = Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "";
  const pattern = schema["pattern"];
  const range = ["minimum", "maximum"].filter((key) => key in schema)
    .map((key) => `${key} ${schema[key]}`).join(", ");
  return html`${words}${range === "" ? "" : `, ${range}`}${
    typeof pattern === "string" ? html`, <code>${pattern}</code>` : raw("")
  }`;
}
