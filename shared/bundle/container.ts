/**
 * The file a bundle travels in: one header, the manifest, and the files it lists, laid end to end.
 *
 * ```
 * 0   magic "AISLEBDL"
 * 8   format version, u32 LE
 * 12  length of the manifest in bytes, u32 LE
 * 16  SHA-256 of the manifest, 32 bytes
 * 48  zeros up to 64
 * 64  manifest: canonical JSON; zeros up to the next multiple of 64
 * ..  each file, in the order of the list, followed by zeros up to the next multiple of 64
 * ```
 * Equal parts give equal bytes, and every byte is either hashed or must be zero, so that a flipped bit anywhere is
 * found even without the bundle's digest. Files start at multiples of 64 so that typed arrays can lie over them.
 *
 * @module
 */
import { AppError } from "../errors.ts";
import { canonicalJson, sha256 } from "../hash.ts";
import { BUNDLE_FORMAT, type BundleFile, Manifest, type ManifestContent } from "./manifest.ts";

const MAGIC = "AISLEBDL";
const VERSION = 1;
const HEADER_BYTES = 64;
const ALIGN = 64;
/** Largest manifest taken; 256 golden samples of 10,000 classes stay below. */
const MAX_MANIFEST_BYTES = 128 * 1024 * 1024;

/** A verified container: the manifest and a view of each file. */
export interface Container {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Name of a bundle: the SHA-256 of its bytes. */
export function bundleDigest(bytes: Uint8Array): string {
  return sha256(bytes);
}

/**
 * Lays `files` and what `content` says of them into one file; equal inputs give equal bytes.
 *
 * @throws {AppError} `bundle-invalid` when the content does not fit its schema
 */
export function pack(
  content: ManifestContent,
  files: Readonly<Record<string, Uint8Array>>,
): Uint8Array<ArrayBuffer> {
  const list: BundleFile[] = [];
  let offset = 0;
  for (const name of Object.keys(files).sort()) {
    const bytes = files[name]!;
    list.push({ name, offset, sizeBytes: bytes.length, sha256: sha256(bytes) });
    offset = aligned(offset + bytes.length);
  }
  const parsed = Manifest.safeParse({ ...content, files: list });
  if (!parsed.success) throw invalid("pack", `the manifest: ${issues(parsed.error)}`);
  const manifest = new TextEncoder().encode(canonicalJson(parsed.data));
  const start = HEADER_BYTES + aligned(manifest.length);
  const out = new Uint8Array(start + offset);
  const view = new DataView(out.buffer);
  out.set(new TextEncoder().encode(MAGIC), 0);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, manifest.length, true);
  out.set(fromHex(sha256(manifest)), 16);
  out.set(manifest, HEADER_BYTES);
  for (const file of list) out.set(files[file.name]!, start + file.offset);
  return out;
}

/**
 * Reads a container and checks every byte of it.
 *
 * @throws {AppError} `bundle-invalid`, saying what is wrong
 */
export function unpack(bytes: Uint8Array<ArrayBuffer>): Container {
  const manifestBytes = manifestRegion(bytes);
  const manifest = parseManifest(manifestBytes);
  const start = HEADER_BYTES + aligned(manifestBytes.length);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let offset = 0, previous = "";
  for (const file of manifest.files) {
    if (file.name <= previous) {
      throw invalid("open", `the list of files is not sorted at ${file.name}`);
    }
    previous = file.name;
    if (file.offset !== offset) {
      throw invalid(
        "open",
        `${file.name} must start at ${offset}: current value is ${file.offset}`,
      );
    }
    const from = start + offset;
    offset = aligned(offset + file.sizeBytes);
    if (start + offset > bytes.length) {
      throw invalid(
        "open",
        `it is cut off inside ${file.name}: current size is ${bytes.length} bytes`,
      );
    }
    const region = bytes.subarray(from, from + file.sizeBytes);
    if (sha256(region) !== file.sha256) {
      throw invalid("open", `the bytes of ${file.name} do not match the manifest`);
    }
    requireZeros(bytes, from + file.sizeBytes, start + offset);
    files.set(file.name, region);
  }
  if (start + offset !== bytes.length) {
    throw invalid("open", `it must end at byte ${start + offset}: current size is ${bytes.length}`);
  }
  return { manifest, files };
}

/** The manifest's bytes, after the header has been checked. */
function manifestRegion(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (
    bytes.length < HEADER_BYTES ||
    new TextDecoder("latin1").decode(bytes.subarray(0, 8)) !== MAGIC
  ) throw invalid("open", "it does not start as a bundle does");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true), length = view.getUint32(12, true);
  if (version !== VERSION) {
    throw invalid("open", `its format version must be ${VERSION}: current value is ${version}`);
  }
  if (length > MAX_MANIFEST_BYTES || HEADER_BYTES + aligned(length) > bytes.length) {
    throw invalid(
      "open",
      `it is cut off inside the manifest: current size is ${bytes.length} bytes`,
    );
  }
  const region = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  if (sha256(region) !== toHex(bytes.subarray(16, 48))) {
    throw invalid("open", "the bytes of the manifest do not match the header");
  }
  requireZeros(bytes, 48, HEADER_BYTES);
  requireZeros(bytes, HEADER_BYTES + length, HEADER_BYTES + aligned(length));
  return region;
}

function parseManifest(bytes: Uint8Array): Manifest {
  let text: string, value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("open", "the manifest is not JSON", cause);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== BUNDLE_FORMAT) {
    throw invalid(
      "open",
      `its format must be ${BUNDLE_FORMAT}: current value is ${JSON.stringify(format)}`,
    );
  }
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) throw invalid("open", `the manifest: ${issues(parsed.error)}`);
  if (canonicalJson(parsed.data) !== text) {
    throw invalid("open", "the manifest is not written in canonical form");
  }
  return parsed.data;
}

function requireZeros(bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== 0) throw invalid("open", `byte ${i} between two regions must be zero`);
  }
}

/** `size` rounded up to the alignment. */
function aligned(size: number): number {
  return Math.ceil(size / ALIGN) * ALIGN;
}

function issues(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  return error.issues.slice(0, 5).map((i) => `${i.path.map(String).join(".")}: ${i.message}`)
    .join("; ");
}

function invalid(verb: "open" | "pack", why: string, cause?: unknown): AppError {
  return new AppError("bundle-invalid", `Cannot ${verb} the bundle: ${why}`, { cause });
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
