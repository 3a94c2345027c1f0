import { describe, expect, it } from 'vitest';
import * as names from './names.js';

const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe('names', () => {
  it('accepts what Kubernetes accepts', () => {
    expect(names.checkDns1123Label('my-name-1')).toEqual([]);
    expect(names.checkDns1123Label('1')).toEqual([]);
    expect(names.checkDns1123Subdomain('a.b-c.example.com')).toEqual([]);
    expect(names.checkDns1035Label('a1')).toEqual([]);
    expect(names.checkQualifiedName('example.com/My_Name')).toEqual([]);
    expect(names.checkLabelValue('')).toEqual([]);
    expect(names.checkConfigMapKey('.profile')).toEqual([]);
    expect(names.checkPathSegmentName('system:node')).toEqual([]);
    expect(names.checkPortName('http-alt')).toEqual([]);
    expect(names.checkPortNumber(65535)).toEqual([]);
    expect(names.checkEnvironmentName('A b.c')).toEqual([]);
  });

  it('says what is wrong with a DNS name', () => {
    expect(names.checkDns1123Subdomain('Web')).toEqual([
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
    expect(names.checkDns1123Label('a.b')).toEqual([
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);
    expect(names.checkDns1035Label('1a')[0]).toMatch(/^a DNS-1035 label must consist of/);
    expect(names.checkDns1123Label('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
    expect(names.checkDns1123Subdomain('')).toHaveLength(1);
    expect(names.checkDns1123Label('a\n')).toHaveLength(1);
  });

  it('says which part of a qualified name is wrong', () => {
    expect(names.checkQualifiedName('/a')).toEqual(['prefix part must be non-empty']);
    expect(names.checkQualifiedName('A/a')[0]).toMatch(/^prefix part a lowercase RFC 1123 subdomain/);
    expect(names.checkQualifiedName('a/')).toEqual(['name part must be non-empty', `name part ${qualifiedText}`]);
    expect(names.checkQualifiedName('a/b/c')).toEqual([
      `a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]);
  });

  it('says what is wrong with other names', () => {
    expect(names.checkLabelValue('-a')[0]).toMatch(/^a valid label must be an empty string or consist of/);
    expect(names.checkConfigMapKey('..')).toEqual(["must not be '..'"]);
    expect(names.checkConfigMapKey('..a')).toEqual(["must not start with '..'"]);
    expect(names.checkConfigMapKey('a/b')[0]).toMatch(/^a valid config key must consist of/);
    expect(names.checkPathSegmentName('a/%')).toEqual(["may not contain '/'", "may not contain '%'"]);
    expect(names.checkPathSegmentName('..')).toEqual(["may not be '..'"]);
    expect(names.checkPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive']);
    expect(names.checkPortName('-1--')).toEqual([
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ]);
    expect(names.checkEnvironmentName('A=B')).toHaveLength(1);
  });

  it('takes no time for a huge value', () => {
    expect(names.checkDns1123Subdomain('a-'.repeat(1_000_000))).toHaveLength(2);
  });
});
