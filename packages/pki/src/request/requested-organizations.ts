/** The organizations that a certificate request (PKCS #10, PEM) names: the groups that a client would have by it. */

const sequence = 0x30;
const set = 0x31;
const integer = 0x02;
/** 2.5.4.10 as an object identifier. */
const organization = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x0a]);
const bmpString = 0x1e;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** @returns undefined for what is no certificate request. */
export function requestedOrganizations(pem: string): string[] | undefined {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([^-]*)-----END CERTIFICATE REQUEST-----/.exec(pem)?.[1];
  try {
    const [request] = elements(Buffer.from(body ?? '', 'base64'));
    const [info] = elements(demand(request, sequence));
    const [version, subject] = elements(demand(info, sequence));
    demand(version, integer);
    return elements(demand(subject, sequence)).flatMap((relative) =>
      elements(demand(relative, set)).flatMap((attribute) => {
        const [type, value] = elements(demand(attribute, sequence));
        return type?.whole.equals(organization) === true && value !== undefined ? [textOf(value)] : [];
      }),
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function demand(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new RangeError('not a certificate request');
  return element.content;
}

/** The elements of a DER encoding, one after another. @throws RangeError where they do not fill it. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes.readUInt8(at + 1);
    if (first === 0x80) throw new RangeError('DER has no lengths that are told at the end');
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    const end = start + length;
    if (end > bytes.length) throw new RangeError('an element is longer than what holds it');
    found.push({ tag: bytes.readUInt8(at), content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

function textOf({ tag, content }: Element): string {
  if (tag !== bmpString) return content.toString('utf8');
  if (content.length % 2 !== 0) throw new RangeError('half a character');
  return Buffer.from(content).swap16().toString('utf16le');
}
