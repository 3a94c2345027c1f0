/** The longest body of a request, in bytes: what upstream allows too. */
export const bodyLimit = 3 * 1024 * 1024;
