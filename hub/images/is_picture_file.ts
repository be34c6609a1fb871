/**
 * Which files of a folder or zip are taken for pictures, by their names.
 *
 * @module
 */
/**
 * Extensions of pictures; those that are not decoded are listed too, so that the check can say so. What a file
 * is, its bytes decide.
 */
const PICTURE = /\.(jpe?g|jfif|png|apng|webp|gif|bmp|tiff?|avif|hei[cf]|jxl|jp2|svg)$/i;
/** What macOS puts beside the files in a zip. */
const RESOURCE_FORK = /(^|\/)(__MACOSX\/|\._)/;

/** Whether `path` looks like a picture's. */
export function isPictureFile(path: string): boolean {
  return PICTURE.test(path) && !RESOURCE_FORK.test(path);
}
