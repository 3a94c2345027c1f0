/** The index of the first item after a revision, in a list that is ordered by revision. */
export function indexAfter(items: readonly { readonly revision: bigint }[], revision: bigint): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && item.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
