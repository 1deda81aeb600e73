/** Whether a media type, with or without parameters, is JSON: `application/json`, or anything with `+json`. */
export function isJsonMediaType(mediaType: string): boolean {
  return /^[^/;]+\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(mediaType);
}
