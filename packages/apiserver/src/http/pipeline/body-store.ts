import { statusErrors } from '@kubewright/api';
import type { User } from '../../auth/authenticator.js';
import { isSystem } from './request-slots.js';

/** So many bytes of bodies may be held for all users but the system's. */
const heldInAll = 256 * 1024 * 1024;
/** And so many for one of them. */
const heldPerUser = 64 * 1024 * 1024;

/** The body of one request, as far as it has arrived. Disposed of when the request is answered. */
export interface HeldBody extends Disposable {
  /** @throws 429 where too much is held for the user, or for all. */
  add(bytes: number): void;
}

/** Counts the bytes of bodies that have arrived and are not answered yet: they wait without a slot, so slots do not bound them. */
export class BodyStore {
  #held = 0;
  readonly #byUser = new Map<string, number>();

  hold(user: User): HeldBody {
    const system = isSystem(user);
    let own = 0;
    return {
      add: (bytes) => {
        if (system) return;
        const before = this.#byUser.get(user.name) ?? 0;
        if (this.#held + bytes > heldInAll || before + bytes > heldPerUser)
          throw statusErrors.tooManyRequests('too many bodies are under way, please try again later.', 1);
        own += bytes;
        this.#held += bytes;
        this.#byUser.set(user.name, before + bytes);
      },
      [Symbol.dispose]: () => {
        this.#held -= own;
        const left = (this.#byUser.get(user.name) ?? 0) - own;
        if (left > 0) this.#byUser.set(user.name, left);
        else this.#byUser.delete(user.name);
      },
    };
  }
}
