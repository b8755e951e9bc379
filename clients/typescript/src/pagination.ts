import { UnexpectedAnswerError } from "./errors.js";
import type { Include, Page } from "./included.js";
import type { ListQuery } from "./query.js";

/**
 * The pages behind `after`, or from the start; with `before` alone, backward from there. With both
 * cursors it goes forward from the one to the other.
 */
export async function* paginate<I extends Include>(
  list: (query: ListQuery<I>) => Promise<Page<I>>,
  query: ListQuery<I>,
): AsyncGenerator<Page<I>, void, undefined> {
  const backward = isBackward(query);
  const name = backward ? "before" : "after";
  for (let next: ListQuery<I> | undefined = query; next; ) {
    const page: Page<I> = await list(next);
    yield page;
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    // Between two cursors there may be no row left though the list goes on.
    const more = page.data.length > 0 && (backward ? hasPreviousPage : hasNextPage);
    const cursor: string | null = backward ? startCursor : endCursor;
    if (more && (cursor === null || cursor === next[name])) {
      throw new UnexpectedAnswerError(200); // it would never end
    }
    next = more && cursor !== null ? { ...query, [name]: cursor } : undefined;
  }
}

/** True if the query goes backward. */
export function isBackward(query: ListQuery): boolean {
  return query.before !== undefined && query.after === undefined;
}
