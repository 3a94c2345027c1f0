/** What went wrong, in words, whatever was thrown: an error's message, or the text of anything else. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
