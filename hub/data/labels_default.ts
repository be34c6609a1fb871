/**
 * Names for label codes where nobody has given any: the Rakuten France challenge's 27, else the code itself.
 *
 * @module
 */

/** The challenge's product type codes with English names. */
export const RAKUTEN_LABELS: Readonly<Record<string, string>> = {
  "10": "Adult books",
  "40": "Imported video games",
  "50": "Video game accessories",
  "60": "Game consoles",
  "1140": "Figurines and miniatures",
  "1160": "Collectible cards",
  "1180": "Board game figurines",
  "1280": "Children's toys",
  "1281": "Board games",
  "1300": "Remote controlled models",
  "1301": "Children's accessories",
  "1302": "Outdoor games",
  "1320": "Early childhood",
  "1560": "Interior furniture",
  "1920": "Household linen",
  "1940": "Groceries",
  "2060": "Decoration",
  "2220": "Pet supplies",
  "2280": "Magazines",
  "2403": "Books and magazines series",
  "2462": "Used video games",
  "2522": "Stationery",
  "2582": "Garden furniture",
  "2583": "Pool equipment",
  "2585": "Garden tools",
  "2705": "New books",
  "2905": "PC video games",
};

/** Each code once, sorted, with its name: the challenge's where every code is one of its 27, else the code. */
export function defaultLabels(codes: Iterable<string>): { code: string; name: string }[] {
  const sorted = [...new Set(codes)].sort();
  const challenge = sorted.every((code) => Object.hasOwn(RAKUTEN_LABELS, code));
  return sorted.map((code) => ({ code, name: challenge ? RAKUTEN_LABELS[code]! : code }));
}
