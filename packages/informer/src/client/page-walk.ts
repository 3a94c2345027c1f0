import { formatObjectKey } from '@kubewright/api';
import type { KubeList, KubeObject } from '@kubewright/api';
import { nextTurn } from '@kubewright/core/async';
import { informerErrors } from '../errors/informer-errors.js';

/** So many pages in a row may bring nothing new: a server whose filter leaves a page empty sends the next one with something in it. */
const fruitlessPages = 10;
/** A token of an API server has a few hundred characters and must fit into the address of a request. */
const longestToken = 8 * 1024;

/** Watches over one walk through the pages of a list: it ends, and the event loop gets its turn between two pages. */
export class PageWalk {
  readonly #plural: string;
  readonly #maximalPages: number;
  readonly #tokens = new Set<string>();
  readonly #seen = new Set<string>();
  #pages = 0;
  #fruitless = 0;

  /** @param maximalPages - Default: as many as bring something new. */
  constructor(plural: string, maximalPages = Number.POSITIVE_INFINITY) {
    this.#plural = plural;
    this.#maximalPages = maximalPages;
  }

  /** The objects of a page that were on none before. */
  fresh<T extends KubeObject>({ items }: KubeList<T>): T[] {
    const fresh = items.filter(({ metadata: { uid = '', ...key } }) => {
      const id = uid === '' ? formatObjectKey(key) : uid;
      return !this.#seen.has(id) && this.#seen.add(id);
    });
    this.#pages++;
    this.#fruitless = fresh.length > 0 ? 0 : this.#fruitless + 1;
    return fresh;
  }

  /**
   * The token of the next page, a turn of the event loop later; undefined after the last one. To be called once per page,
   * after `fresh`.
   *
   * @throws LIST_ENDLESS where the server sends a token twice, or pages without end.
   */
  async next({ metadata }: KubeList<KubeObject>): Promise<string | undefined> {
    const token = metadata.continue;
    if (token === undefined || token === '') return undefined;
    if (token.length > longestToken) this.#refuse(`a continue token has ${token.length} characters`);
    if (this.#tokens.has(token)) this.#refuse('a continue token came twice');
    if (this.#fruitless >= fruitlessPages) this.#refuse(`${fruitlessPages} pages in a row brought nothing new`);
    if (this.#pages >= this.#maximalPages) this.#refuse(`there were still more after ${this.#pages} pages`);
    this.#tokens.add(token);
    await nextTurn();
    return token;
  }

  #refuse(problem: string): never {
    throw informerErrors.LIST_ENDLESS({ plural: this.#plural, problem });
  }
}
