/** Collects the paths of removed fields. An object can hold any number of them; a server tells the first hundred, as upstream does. */
export class RemovedFields {
  readonly paths: string[] = [];

  add(path: string): void {
    if (this.paths.length < 100) this.paths.push(path);
  }
}
