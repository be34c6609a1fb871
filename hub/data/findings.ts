/**
 * What a check can find: in which words, how bad, and how to mend it.
 *
 * @module
 */

/** How bad a finding is: `error` costs rows or everything, `warning` may cost quality, `info` is good to know. */
export type Severity = "error" | "warning" | "info";

/** One kind of thing found. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly count: number;
  /** The first few, each saying where. */
  readonly examples: readonly string[];
  readonly message: string;
  readonly mend: string;
}

interface Kind {
  readonly severity: Severity;
  /** `{n}` stands for the count, `{share}` for its share of the rows, `[row|rows]` for the form that fits the count. */
  readonly message: string;
  readonly mend: string;
}

const SET_ASIDE = "Mend them in the file; until then they are set aside, the rest goes on";

/** Every kind of finding. */
const KINDS = {
  "unreadable": { severity: "error", message: "a file cannot be read", mend: "See the example" },
  "missing-column": { severity: "error", message: "a column is missing", mend: "Add or rename it" },
  "encoding": {
    severity: "error",
    message: "a file is not UTF-8",
    mend: "Run the command that the example names",
  },
  "duplicate-column": {
    severity: "warning",
    message: "{n} [column|columns] [has|have] the name of an earlier one",
    mend: "Give each column a name of its own; the first counts",
  },
  "misaligned": {
    severity: "error",
    message: "products and codes do not line up",
    mend: "Give both files the same index as first column",
  },
  "no-rows": {
    severity: "error",
    message: "there is no row",
    mend: "Give a file with rows below its header",
  },
  "too-many-bad-rows": {
    severity: "error",
    message: "more rows must be set aside than check.maxBadRowShare allows",
    mend: "Mend the rows that the other findings name",
  },
  "one-class": {
    severity: "error",
    message: "every row has the same code: there is nothing to tell apart",
    mend: "Give products of two classes at least",
  },
  "field-count": {
    severity: "error",
    message: "{n} [row|rows] [has|have] more or fewer fields than the header",
    mend: `Put quotes around texts that hold the delimiter. ${SET_ASIDE}`,
  },
  "broken-quote": {
    severity: "error",
    message:
      "{n} [row|rows] [has|have] a quote that is not closed, or not doubled inside a quoted text",
    mend: `Close it, or double it. ${SET_ASIDE}`,
  },
  "control-character": {
    severity: "error",
    message: "{n} [row|rows] [holds|hold] control characters where text should be",
    mend: `The file was damaged: export it again. ${SET_ASIDE}`,
  },
  "empty-id": { severity: "error", message: "{n} [row|rows] [has|have] no id", mend: SET_ASIDE },
  "reserved-id": {
    severity: "error",
    message: "{n} [row|rows] [has|have] ids that belong to rows of feedback",
    mend: `Ids must not start with f:. ${SET_ASIDE}`,
  },
  "duplicate-id": {
    severity: "error",
    message: "{n} [row|rows] [repeats|repeat] the id of an earlier row",
    mend: `Ids must be unique; the first row counts. ${SET_ASIDE}`,
  },
  "no-code": {
    severity: "error",
    message: "{n} [product|products] [has|have] no code",
    mend: `Check that products and codes line up. ${SET_ASIDE}`,
  },
  "conflicting-codes": {
    severity: "error",
    message: "{n} [product|products] [has|have] several codes in the codes file",
    mend: SET_ASIDE,
  },
  "no-product": {
    severity: "error",
    message: "{n} [code|codes] [is|are] of no product",
    mend: `Check that products and codes line up. ${SET_ASIDE}`,
  },
  "empty-text": {
    severity: "warning",
    message: "{n} [row|rows] ({share}) [has|have] neither designation nor description",
    mend: "Give them a text: nothing can be learned from them yet",
  },
  "missing-designation": {
    severity: "warning",
    message: "{n} [row|rows] ({share}) [has|have] no designation, only a description",
    mend: "Give them a title: it tells most",
  },
  "missing-description": {
    severity: "info",
    message: "{n} [row|rows] ({share}) [has|have] no description",
    mend: "Nothing to do: titles alone work; descriptions help where there are any",
  },
  "missing-productid": {
    severity: "warning",
    message: "{n} [row|rows] ({share}) [has|have] no productid",
    mend: "Pictures are found by productid and imageid",
  },
  "missing-imageid": {
    severity: "warning",
    message: "{n} [row|rows] ({share}) [has|have] no imageid",
    mend: "Pictures are found by productid and imageid",
  },
  "missing-image-name": {
    severity: "info",
    message: "{n} [row|rows] ({share}) [names|name] no picture",
    mend: "Nothing to do: rows without pictures work",
  },
  "missing-column-optional": {
    severity: "warning",
    message: "{n} [column|columns] of the challenge's layout [is|are] missing",
    mend: "Add them if you have them; they count as empty",
  },
  "duplicate-text": {
    severity: "warning",
    message: "{n} [row|rows] ({share}) [repeats|repeat] the text of an earlier row",
    mend:
      "Nothing to do: rows with the same text always go into the same set, so that none judges what it taught",
  },
  "conflicting-labels": {
    severity: "warning",
    message: "{n} [row|rows] [has|have] the text of an earlier row and another code",
    mend: "Decide which code is right: at most one of each pair can be predicted",
  },
  "html-tags": {
    severity: "info",
    message: "{n} [text|texts] [holds|hold] HTML tags",
    mend: "Nothing to do: tags are stripped before learning, the source stays as it is",
  },
  "html-entities": {
    severity: "info",
    message: "{n} [text|texts] [holds|hold] HTML entities",
    mend: "Nothing to do: entities are unescaped before learning, the source stays as it is",
  },
  "mojibake": {
    severity: "warning",
    message:
      "{n} [text|texts] [looks|look] as if UTF-8 had been read as Windows-1252 and saved again",
    mend: "Export them again as UTF-8: é must not read Ã©",
  },
  "lost-character": {
    severity: "warning",
    message: "{n} [text|texts] [holds|hold] the mark of a lost character (U+FFFD)",
    mend: "Export them again from where they still are whole",
  },
  "stray-quote": {
    severity: "info",
    message: '{n} [row|rows] [has|have] stray quotes (such as 40" TV), read as they stand',
    mend: "Nothing to do, or quote such fields and double the quotes inside",
  },
  "similar-codes": {
    severity: "warning",
    message: "{n} [group of codes|groups of codes] [differs|differ] only in case or white space",
    mend: "Codes are compared byte for byte: if they are one class, merge them",
  },
  "shared-picture": {
    severity: "info",
    message: "{n} [picture|pictures] [belongs|belong] to more than 5 products each",
    mend:
      "Nothing to do: such pictures count as placeholders; products that share one with few others go into the same set",
  },
  "padded-code": {
    severity: "warning",
    message: "{n} [code|codes] [begins or ends|begin or end] with white space",
    mend: 'Codes are compared byte for byte: " 10" and "10" are two classes',
  },
  "one-value": {
    severity: "warning",
    message: "{n} [column|columns] [holds|hold] the same value in every row",
    mend: "Such a column tells nothing: check that the export is right",
  },
  "small-class": {
    severity: "warning",
    message: "{n} [class|classes] [has|have] fewer rows than check.minClassRows",
    mend: "Give more rows, or merge the classes: few rows teach little and cannot be judged",
  },
  "imbalance": {
    severity: "warning",
    message: "the classes are far from balanced",
    mend: "Nothing to do at first: watch the small classes in the evaluation",
  },
  "missing-picture": {
    severity: "warning",
    message: "{n} [product|products] [names|name] a picture that was not given",
    mend: "Add the files; products without pictures work too",
  },
  "unused-picture": {
    severity: "info",
    message: "{n} [picture file|picture files] [belongs|belong] to no usable product",
    mend: "Nothing to do, or check that pictures and products belong together",
  },
  "unreadable-picture": {
    severity: "warning",
    message: "{n} [picture file|picture files] cannot be read",
    mend: "See the examples; their products go on without a picture",
  },
  "undecodable-picture": {
    severity: "warning",
    message: "{n} [picture|pictures] cannot be decoded",
    mend: "Save them as JPEG, PNG or WebP; until then their products go on without a picture",
  },
  "duplicate-picture": {
    severity: "info",
    message: "{n} [picture file|picture files] [has|have] the content of an earlier one",
    mend: "Nothing to do: a content is kept once",
  },
  "duplicate-picture-name": {
    severity: "warning",
    message:
      "{n} [picture file|picture files] [has|have] the name of another one in another folder",
    mend: "Give each file a name of its own: folders count for nothing, the first by path counts",
  },
  "delimiter": {
    severity: "info",
    message: "fields are not parted by commas",
    mend: "Nothing to do: the delimiter was found in the header",
  },
} as const satisfies Record<string, Kind>;

/** Id of a kind of finding. */
export type FindingId = keyof typeof KINDS;

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** Collects findings: counts all of each kind, keeps the first few as examples. */
export class FindingBook {
  readonly #examples: number;
  readonly #found = new Map<FindingId, { count: number; examples: string[]; message?: string }>();

  /** @param examples how many to keep of each kind */
  constructor(examples: number) {
    this.#examples = examples;
  }

  /** Counts one more of a kind. */
  add(id: FindingId, example: string): void {
    const known = this.#found.get(id);
    if (known === undefined) this.#found.set(id, { count: 1, examples: [example] });
    else {
      known.count++;
      if (known.examples.length < this.#examples) known.examples.push(example);
    }
  }

  /** Adds a finding whose own words say it all. */
  addOnce(id: FindingId, message: string): void {
    this.#found.set(id, { count: 1, examples: [message], message });
  }

  /** Everything found, errors first, each severity by count. @param rows what shares are of */
  findings(rows: number): Finding[] {
    return [...this.#found].map(([id, { count, examples, message }]) => {
      const kind: Kind = KINDS[id];
      const share = rows === 0 ? "0 %" : `${(100 * count / rows).toFixed(1)} %`;
      return {
        id,
        severity: kind.severity,
        count,
        examples,
        message: message ?? fill(kind.message, count, share),
        mend: kind.mend,
      };
    }).sort((a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count ||
      (a.id < b.id ? -1 : 1)
    );
  }
}

function fill(message: string, count: number, share: string): string {
  return message.replace("{n}", String(count)).replace("{share}", share)
    .replace(
      /\[([^|\]]*)\|([^\]]*)\]/g,
      (_, one: string, many: string) => count === 1 ? one : many,
    );
}
