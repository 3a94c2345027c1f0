/** A member of an archive, field by field. A character of text is a byte. */
export interface RawMember {
  readonly name?: string;
  /** The character of its type. Default: 0, a file. */
  readonly flag?: string;
  readonly content?: string | Buffer;
  readonly linkName?: string;
  readonly mode?: number;
  /** Records of an extended header before it. */
  readonly pax?: Readonly<Record<string, string>>;
  /** Bytes of the header from a place on, before its sum is worked out. */
  readonly patches?: Readonly<Record<number, string>>;
}

/** An archive as it is told, right or wrong, which archives of other tools cannot be. */
export function rawTar(members: readonly RawMember[], end = 1024): Buffer {
  return Buffer.concat([...members.flatMap(memberOf), Buffer.alloc(end)]);
}

function memberOf({ pax, ...member }: RawMember): Buffer[] {
  const extended =
    pax === undefined
      ? []
      : memberOf({ name: 'pax', flag: 'x', content: Buffer.from(paxOf(Object.entries(pax)), 'latin1') });
  const { name = '', flag = '0', linkName = '', mode = 0o644, patches = {} } = member;
  const content = Buffer.isBuffer(member.content) ? member.content : Buffer.from(member.content ?? '', 'latin1');
  const header = Buffer.alloc(512);
  const put = (at: number, text: string): void => void header.write(text, at, 'latin1');
  put(0, name);
  put(100, mode.toString(8).padStart(7, '0'));
  put(108, '0000000');
  put(116, '0000000');
  put(124, content.length.toString(8).padStart(11, '0'));
  put(136, '00000000000');
  put(148, '        ');
  put(156, flag);
  put(157, linkName);
  put(257, 'ustar\x0000');
  for (const [at, bytes] of Object.entries(patches)) put(Number(at), bytes);
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  return [...extended, header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** Records of an extended header. The same key may come more than once. */
export function paxOf(records: readonly (readonly [key: string, value: string])[]): string {
  return records
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return `${length}${rest}`;
    })
    .join('');
}
