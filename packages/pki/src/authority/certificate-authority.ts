/**
 * Self-made certificates: an embedded cluster has its own authority, which signs the server's certificate and those of its
 * users. Keys are ECDSA on P-256, signatures SHA-256. Reading and verifying certificates is left to Node.
 */
import { X509Certificate, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock, Random } from '@kubewright/core';
import {
  bitString,
  boolean,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  time,
  utf8String,
} from '../der/der.js';
import { ipBytes } from '../der/ip-bytes.js';
import { pkiErrors } from '../errors.js';

/** A certificate and its private key, both PEM. */
export interface CertificateKeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  /** For a client certificate: the user's name. */
  readonly commonName: string;
  /** For a client certificate: the user's groups. */
  readonly organizations?: readonly string[];
}

export interface CertificateRequest extends Subject {
  readonly usage: 'server' | 'client';
  /** Names and addresses that the server is reached by. */
  readonly hosts?: readonly string[];
}

const day = 24 * 60 * 60 * 1000;
/** kubeadm's lifetimes: ten years for an authority, one for what it signs. */
const authorityLifetime = 3650 * day;
const certificateLifetime = 365 * day;
/** Certificates count from a little before now, so that a machine whose clock is behind accepts them. */
const backdating = 5 * 60 * 1000;

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  organization: '2.5.4.10',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/** Bits of keyUsage (RFC 5280 §4.2.1.3), most significant first. */
const digitalSignature = Buffer.from([0x80]);
const signCertificatesAndLists = Buffer.from([0x06]);

export class CertificateAuthority {
  /** The authority's own certificate, PEM: what clients trust. */
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #subject: Subject;

  private constructor(
    credentials: CertificateKeyPair,
    subject: Subject,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.certificate = credentials.certificate;
    this.#key = createPrivateKey(credentials.key);
    this.#subject = subject;
  }

  /** Makes a new authority, valid for ten years. */
  static create(commonName: string, clock: Clock, random: Random): CertificateAuthority {
    const { privateKey, publicKey } = newKeyPair();
    const subject = { commonName };
    const now = clock.now();
    const certificate = signCertificate({
      issuer: subject,
      issuerKey: privateKey,
      subject,
      publicKey,
      serial: random.bytes(16),
      notBefore: now - backdating,
      notAfter: now + authorityLifetime,
      extensions: [
        extension(oid.basicConstraints, sequence(boolean(true)), true),
        extension(oid.keyUsage, bitString(signCertificatesAndLists, 1), true),
        extension(oid.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      ],
    });
    return new CertificateAuthority({ certificate, key: keyPem(privateKey) }, subject, clock, random);
  }

  /** Takes up an authority that was stored.
   * @throws KW_PKI_FOREIGN_KEY when the key does not belong to the certificate.
   */
  static load(credentials: CertificateKeyPair, clock: Clock, random: Random): CertificateAuthority {
    const parsed = new X509Certificate(credentials.certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(credentials.key))) {
      throw pkiErrors.FOREIGN_KEY({});
    }
    const commonName = /^CN=(.*)$/m.exec(parsed.subject)?.[1] ?? '';
    return new CertificateAuthority(credentials, { commonName }, clock, random);
  }

  /** The authority with its key, to be stored where only its owner reads it. */
  credentials(): CertificateKeyPair {
    return { certificate: this.certificate, key: keyPem(this.#key) };
  }

  /** Signs a new key's certificate, valid for a year. */
  issue(request: CertificateRequest): CertificateKeyPair {
    const { privateKey, publicKey } = newKeyPair();
    const now = this.clock.now();
    const hosts = (request.hosts ?? []).map((host) =>
      isIP(host) === 0 ? tagged(2, 'primitive', Buffer.from(host)) : tagged(7, 'primitive', ipBytes(host)),
    );
    const certificate = signCertificate({
      issuer: this.#subject,
      issuerKey: this.#key,
      subject: request,
      publicKey,
      serial: this.random.bytes(16),
      notBefore: now - backdating,
      notAfter: now + certificateLifetime,
      extensions: [
        extension(oid.basicConstraints, sequence(), true),
        extension(oid.keyUsage, bitString(digitalSignature, 7), true),
        extension(
          oid.extendedKeyUsage,
          sequence(objectIdentifier(request.usage === 'server' ? oid.serverAuth : oid.clientAuth)),
        ),
        extension(
          oid.authorityKeyIdentifier,
          sequence(tagged(0, 'primitive', keyIdentifier(createPublicKey(this.#key)))),
        ),
        ...(hosts.length > 0 ? [extension(oid.subjectAlternativeName, sequence(...hosts))] : []),
      ],
    });
    return { certificate, key: keyPem(privateKey) };
  }
}

function newKeyPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** RFC 5280 §4.2.1.2 method 1: the SHA-1 of the public key's bits, which end the SubjectPublicKeyInfo. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
  return createHash('sha1').update(point).digest();
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function distinguishedName({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (id: string, value: string): Buffer => set(sequence(objectIdentifier(id), utf8String(value)));
  return sequence(
    ...organizations.map((name) => attribute(oid.organization, name)),
    attribute(oid.commonName, commonName),
  );
}

interface ToBeSigned {
  readonly issuer: Subject;
  readonly issuerKey: KeyObject;
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly serial: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Buffer[];
}

function signCertificate(content: ToBeSigned): string {
  const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));
  const version3 = tagged(0, 'constructed', integer(Buffer.from([2])));
  const toBeSigned = sequence(
    version3,
    integer(content.serial),
    algorithm,
    distinguishedName(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, 'constructed', sequence(...content.extensions)),
  );
  const der = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, content.issuerKey)));
  return new X509Certificate(der).toString();
}
