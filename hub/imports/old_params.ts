/**
 * Params of the replaced stack (DVC's `params.yaml`), mapped onto this one's by what their names mean.
 *
 * A name that means the same is taken over where its value fits; everything else is told, so that nobody believes that
 * a setting came along.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { parse } from "yaml";
import { parseParams, withParamsText } from "../params.ts";

/** What became of one old setting. */
export interface MappedParam {
  readonly old: string;
  readonly value: unknown;
  /** The setting here; null where there is none. */
  readonly name: string | null;
  /** What it is set to here; absent without a counterpart. */
  readonly set?: unknown;
  readonly note: string;
}

/** Old params as params of this version. */
export interface OldParams {
  readonly mapped: readonly MappedParam[];
  /** A whole `params.yaml`: the present one with what was mapped. */
  readonly yaml: string;
}

interface Rule {
  /** Fits the whole dotted name, lower case, `_` for all that is no letter or digit within parts. */
  readonly fits: RegExp;
  readonly name: string;
  readonly value?: (value: unknown) => unknown;
  readonly note?: string;
}

const whole = (value: unknown) => Math.round(Number(value));
/** Sides of pictures come as 224, [224, 224] or [224, 224, 3]. */
const side = (value: unknown) => whole(Array.isArray(value) ? value[0] : value);
const range = (value: unknown) => Array.isArray(value) ? value.map(whole) : [1, whole(value)];
/** The smallest table that holds as many features. */
const bits = (value: unknown) => Math.min(22, Math.max(10, Math.ceil(Math.log2(Number(value)))));

const picture =
  "(^|\\.)[^.]*(image|img|cnn|vgg|resnet|mobilenet|efficientnet|vision)[^.]*\\.(.*\\.)?";
const RULES: readonly Rule[] = [
  {
    fits: /(^|\.)(test_size|test_ratio|test_split|gold_share|holdout)$/,
    name: "split.goldShare",
    note: "gold rows judge, as the test rows did",
    value: Number,
  },
  {
    fits: /(^|\.)(split|data|prepare|preprocess\w*)\.(seed|random_state|random_seed)$/,
    name: "split.seed",
    value: whole,
  },
  { fits: /(^|\.)(seed|random_state|random_seed)$/, name: "train.seed", value: whole },
  { fits: /(^|\.)char\w*\.?(_?ngram_range|_?ngrams)$/, name: "text.chars", value: range },
  { fits: /(^|\.)(ngram_range|ngrams|word_ngrams|n_grams?)$/, name: "text.words", value: range },
  {
    fits: /(^|\.)(max_features|vocab_size|max_words|num_words|n_features)$/,
    name: "text.hashBits",
    value: bits,
    note: "a table of buckets in the place of a vocabulary",
  },
  {
    fits: /(^|\.)(max_len|maxlen|max_length|max_sequence_length|sequence_length)$/,
    name: "text.encoderTokens",
    value: whole,
    note: "only a sentence encoder cuts texts",
  },
  { fits: /(^|\.)(c|svm_c|regularization_c)$/, name: "train.c", value: Number },
  {
    fits: /(^|\.)(max_iter|n_iter|passes)$/,
    name: "train.passes",
    value: (v) => Math.min(50, whole(v)),
    note: "passes of coordinate descent; 8 are enough",
  },
  { fits: /(^|\.)(tol|tolerance)$/, name: "train.tolerance", value: Number },
  { fits: /(^|\.)(cv|n_folds|folds|n_splits|k_folds)$/, name: "train.folds", value: whole },
  {
    fits: new RegExp(`${picture}(image_size|img_size|input_size|input_shape|target_size|size)$`),
    name: "image.cnn.size",
    value: side,
  },
  { fits: /(^|\.)(image_size|img_size|target_size)$/, name: "image.cnn.size", value: side },
  {
    fits: new RegExp(`${picture}(epochs|num_epochs|n_epochs)$`),
    name: "image.cnn.epochs",
    value: whole,
  },
  { fits: new RegExp(`${picture}batch_size$`), name: "image.cnn.batchSize", value: whole },
  { fits: new RegExp(`${picture}(learning_rate|lr)$`), name: "image.cnn.rate", value: Number },
  { fits: new RegExp(`${picture}weight_decay$`), name: "image.cnn.weightDecay", value: Number },
  {
    fits: new RegExp(`${picture}label_smoothing$`),
    name: "image.cnn.labelSmoothing",
    value: Number,
  },
  { fits: new RegExp(`${picture}patience$`), name: "image.cnn.patience", value: whole },
  { fits: /(^|\.)(bins|n_bins|calibration_bins)$/, name: "evaluate.calibrationBins", value: whole },
];

/** Why well-known settings have no counterpart, by a part of their name. */
const GONE: readonly (readonly [RegExp, string])[] = [
  [/lstm|rnn|gru|embedding|dense|units|hidden/, "the text model is linear: it has no such layer"],
  [/dropout|optimizer|activation|loss$/, "fixed by the recipe here"],
  [
    /epochs|batch_size|learning_rate|patience/,
    "of a network for texts; the linear model has passes",
  ],
  [
    /path|dir|file|folder|url|uri|host|port/,
    "where things are is the environment's, never params'",
  ],
  [
    /stop_?words|stem|lemma|language/,
    "texts are not stemmed; frequent words weigh little by themselves",
  ],
];

/**
 * Maps `oldYaml`; `presentYaml` is the params file of here.
 *
 * @throws {AppError} `usage` where it is no mapping of YAML
 */
export function mapOldParams(
  oldYaml: string,
  presentYaml: string,
  file = "params.yaml",
): OldParams {
  let value: unknown;
  try {
    value = parse(oldYaml);
  } catch (error) {
    throw new AppError("usage", `Cannot read ${file}: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("usage", `Cannot read ${file}: it must hold sections or settings`);
  }
  let yaml = presentYaml;
  const taken = new Map<string, string>(), mapped: MappedParam[] = [];
  for (const [old, given] of leaves(value as Record<string, unknown>)) {
    const plain = old.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_").toLowerCase();
    const rule = RULES.find((r) => r.fits.test(plain));
    if (rule === undefined) {
      const note = GONE.find(([part]) => part.test(plain))?.[1] ?? "no counterpart";
      mapped.push({ old, value: given, name: null, note });
      continue;
    }
    const first = taken.get(rule.name);
    if (first !== undefined) {
      mapped.push({
        old,
        value: given,
        name: null,
        note: `${rule.name} is set by ${first} already`,
      });
      continue;
    }
    const set = rule.value?.(given) ?? given;
    try {
      const next = withParamsText(yaml, { [rule.name]: set });
      parseParams(next);
      yaml = next;
      taken.set(rule.name, old);
      mapped.push({ old, value: given, name: rule.name, set, note: rule.note ?? "" });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      mapped.push({
        old,
        value: given,
        name: null,
        note: `${rule.name} does not take it: ${error.message}`,
      });
    }
  }
  return { mapped, yaml };
}

/** Settings by dotted name; lists are values. */
function leaves(value: Readonly<Record<string, unknown>>, prefix = ""): [string, unknown][] {
  return Object.entries(value).flatMap(([name, member]): [string, unknown][] =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? leaves(member as Record<string, unknown>, `${prefix}${name}.`)
      : [[prefix + name, member]]
  );
}
