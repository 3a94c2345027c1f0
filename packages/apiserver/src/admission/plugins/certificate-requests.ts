/** Who asks for a certificate, who approves it and who signs it: what a CertificateSigningRequest says of that is not believed. */
import { fieldError, statusErrors } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { deepEqual, setOwn } from '@kubewright/api/json';
import type { Contributions } from '@kubewright/core';
import { Plugin, contributionsTo, inject } from '@kubewright/core';
import { requestedOrganizations } from '@kubewright/pki';
import { Authorizer } from '../../auth/authorizer.js';
import { isJsonObject } from '../../object/object-bytes.js';
import { groupResource } from '../../store/write-request.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';

const group = 'certificates.k8s.io';
const clientSigner = 'kubernetes.io/kube-apiserver-client';
const masters = 'system:masters';

function concerns({ resource, object }: AdmissionRequest): boolean {
  return resource.group === group && resource.plural === 'certificatesigningrequests' && object !== undefined;
}

function inner(object: JsonObject | undefined, key: string): JsonObject {
  const value = object?.[key];
  return isJsonObject(value) ? value : {};
}

function signerOf({ object }: AdmissionRequest): string {
  const { signerName } = inner(object, 'spec');
  return typeof signerName === 'string' ? signerName : '';
}

function refuse(request: AdmissionRequest, why: string): never {
  throw statusErrors.forbidden(groupResource(request.resource), request.name, why);
}

/** Writes into a request who made it, whatever it says itself. */
@Plugin({ name: 'certificate-requester-admission', contributes: [AdmissionPlugin] })
export class CertificateRequesterAdmission implements AdmissionPlugin {
  readonly name = 'CertificateRequester';

  mutate(request: AdmissionRequest): void {
    const { operation, object, user } = request;
    if (!concerns(request) || operation !== 'CREATE' || object === undefined) return;
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = inner(object, 'spec');
    const extra: JsonObject = {};
    for (const [key, values] of Object.entries(user.extra ?? {})) setOwn(extra, key, [...values]);
    object['spec'] = {
      ...spec,
      username: user.name,
      groups: [...user.groups],
      ...(user.uid !== undefined && { uid: user.uid }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  }
}

/** Nobody becomes a master by a certificate for clients of the API server. */
@Plugin({ name: 'certificate-subject-restriction-admission', contributes: [AdmissionPlugin] })
export class CertificateSubjectRestrictionAdmission implements AdmissionPlugin {
  readonly name = 'CertificateSubjectRestriction';

  validate(request: AdmissionRequest): void {
    if (!concerns(request) || request.operation !== 'CREATE' || signerOf(request) !== clientSigner) return;
    const { request: encoded } = inner(request.object, 'spec');
    const pem = Buffer.from(typeof encoded === 'string' ? encoded : '', 'base64').toString('latin1');
    const organizations = requestedOrganizations(pem);
    if (organizations === undefined) refuse(request, 'unable to parse spec.request');
    if (organizations.includes(masters))
      refuse(request, `use of ${clientSigner} signer with ${masters} group is not allowed`);
  }
}

/** Approving asks for the right to `approve` the signer, signing for the right to `sign` as it, and none for the other. */
@Plugin({ name: 'certificate-approval-admission', contributes: [AdmissionPlugin] })
export class CertificateApprovalAdmission implements AdmissionPlugin {
  readonly name = 'CertificateApproval';
  readonly #authorizers: Contributions<Authorizer>;

  constructor(@inject(contributionsTo(Authorizer)) authorizers: Contributions<Authorizer>) {
    this.#authorizers = authorizers;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const { operation, object, oldObject, subresource, resource, name } = request;
    if (!concerns(request) || operation !== 'UPDATE') return;
    if (subresource === 'approval') await this.#demand(request, 'approve');
    const [now, before] = [inner(object, 'status'), inner(oldObject, 'status')];
    if (subresource !== 'status' || deepEqual(now, before)) return;
    await this.#demand(request, 'sign');
    if (deepEqual(decisions(now), decisions(before))) return;
    throw statusErrors.invalid(resource, name, [
      fieldError.forbidden('status.conditions', 'updates may not add, change or remove an approval or a denial'),
    ]);
  }

  async #demand(request: AdmissionRequest, verb: 'approve' | 'sign'): Promise<void> {
    const { user } = request;
    const signer = signerOf(request);
    // A right to all signers of a domain is written as `example.com/*`.
    for (const name of [signer, `${signer.split('/', 1)[0] ?? ''}/*`]) {
      const what = { group, version: '*', resource: 'signers', subresource: '', namespace: '', name };
      for (const authorizer of this.#authorizers.all)
        if ((await authorizer.authorize({ kind: 'resource', user, verb, ...what })).allowed) return;
    }
    refuse(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
  }
}

/** The conditions that say what was decided of a request. */
function decisions({ conditions }: JsonObject): MutableJson[] {
  const list = Array.isArray(conditions) ? conditions : [];
  return list.filter((one) => isJsonObject(one) && (one['type'] === 'Approved' || one['type'] === 'Denied'));
}
