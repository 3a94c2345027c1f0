/** What a server says that cannot be true, for scenarios. */
/** Objects that no server may tell of in a collection of Pods, beside what is right about them. */
export const lies: readonly (readonly [string, object])[] = [
  ['of another kind', { kind: 'Secret' }],
  ['of another version of the API', { apiVersion: 'v2' }],
  ['without a name', { metadata: { name: undefined } }],
  ['whose name is a path', { metadata: { name: 'default/b' } }],
  ['without a uid', { metadata: { uid: undefined } }],
  ['whose uid is a number', { metadata: { uid: 7 } }],
  ['whose resourceVersion is a number', { metadata: { resourceVersion: 1000 } }],
  ['that is older than what was there before', { metadata: { name: 'b', uid: 'uid-2', resourceVersion: '7' } }],
];
/** An object that is right but for `wrong`. */
export const lie = ({ metadata, ...rest }: { readonly metadata?: object }): object => {
  const right = { name: 'liar', namespace: 'default', uid: 'uid-9', resourceVersion: '1000' };
  return { apiVersion: 'v1', kind: 'Pod', ...rest, metadata: { ...right, ...metadata } };
};
/** Pages that bring nothing, each with another token or all with one. */
export const emptyPages = (count: number, token: (page: number) => string): { kind: 'answer'; body: object }[] =>
  Array.from({ length: count }, (_, page) => ({
    kind: 'answer',
    body: { metadata: { resourceVersion: '100', continue: token(page) }, items: [] },
  }));
