import { spawn } from 'node:child_process';
import { parseTime } from '@kubewright/api';
import type { Clock, UnknownRecord } from '@kubewright/core';
import { recordOf } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import type { Credential, Credentials } from '../transport/credentials.js';
import type { KubeconfigExec } from './kubeconfig-file.js';

export interface ExecClusterInfo {
  readonly server: string;
  readonly ca: string | undefined;
  readonly insecure: boolean;
}

const supportedVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** Milliseconds a plugin may take: it may have to wait for a person at an identity provider. */
const pluginTimeout = 60_000;
const maximalOutput = 1024 * 1024;
/** A credential is renewed this long before it expires, so that it is still valid when it arrives. */
const renewBefore = 10_000;
/** … and used this long at least: a plugin whose credentials are over as they come is not run for every request. */
const shortestUse = 10_000;
/** What a bearer token may consist of: what may stand in a header. */
const tokenCharacters = /^[\x21-\x7e]+$/;

/**
 * Credentials from a program that the kubeconfig names. It runs without a shell, one run at a time whoever asks, and again
 * only when its credential expires or the server refuses it.
 */
export class ExecCredentials implements Credentials {
  readonly #plugin: KubeconfigExec;
  readonly #cluster: ExecClusterInfo;
  readonly #clock: Clock;
  #running: Promise<Credential> | undefined;
  #cached: { readonly credential: Credential; readonly renewAt: number } | undefined;

  constructor(plugin: KubeconfigExec, cluster: ExecClusterInfo, clock: Clock) {
    this.#plugin = plugin;
    this.#cluster = cluster;
    this.#clock = clock;
    if (!supportedVersions.includes(plugin.apiVersion)) {
      throw this.#error(`its apiVersion '${plugin.apiVersion}' is not one of ${supportedVersions.join(', ')}`);
    }
  }

  async get(): Promise<Credential> {
    if (this.#cached !== undefined && this.#clock.now() < this.#cached.renewAt) return this.#cached.credential;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  invalidate(): void {
    this.#cached = undefined;
  }

  async #run(): Promise<Credential> {
    const interactive = this.#plugin.interactiveMode !== 'Never' && process.stdin.isTTY;
    if (this.#plugin.interactiveMode === 'Always' && !interactive)
      throw this.#error('it needs a terminal, and this process has none');
    const output = await this.#spawn(interactive);
    const status = this.#status(output);
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
    if (token === undefined && (cert === undefined || key === undefined))
      throw this.#error('it answered neither a token nor a certificate with its key');
    const credential: Credential = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    };
    if (token !== undefined && !tokenCharacters.test(token))
      throw this.#error('status.token has characters that no token has, as white space');
    this.#cached = { credential, renewAt: this.#renewal(expirationTimestamp) };
    return credential;
  }

  /** When to ask the plugin again, in milliseconds since the epoch. */
  #renewal(expirationTimestamp: string | undefined): number {
    if (expirationTimestamp === undefined) return Number.POSITIVE_INFINITY;
    let expires: number;
    try {
      expires = parseTime(expirationTimestamp);
    } catch {
      throw this.#error('its expirationTimestamp is not a time');
    }
    return Math.max(expires - renewBefore, this.#clock.now() + shortestUse);
  }

  #spawn(interactive: boolean): Promise<string> {
    const { command, args, env } = this.#plugin;
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: this.#execInfo(interactive) },
        stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      });
      const timer = this.#clock.setTimer(pluginTimeout, () => {
        child.kill('SIGKILL');
        reject(this.#error(`it did not end within ${pluginTimeout / 1000} s`));
      });
      let output = '';
      child.stdout.setEncoding('utf8');
      child.stdout.on('data', (text: string) => {
        output += text;
        if (output.length <= maximalOutput) return;
        output = '';
        timer.cancel();
        child.kill('SIGKILL');
        reject(this.#error(`it wrote more than ${maximalOutput} characters`));
      });
      child.on('error', (cause) => {
        timer.cancel();
        reject(this.#error('it cannot be started', cause));
      });
      child.on('close', (code, signal) => {
        timer.cancel();
        if (code === 0) resolve(output);
        else reject(this.#error(`it ended with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  #execInfo(interactive: boolean): string {
    const { server, ca, insecure } = this.#cluster;
    const cluster = {
      server,
      ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
      ...(insecure && { 'insecure-skip-tls-verify': true }),
    };
    const spec = { interactive, ...(this.#plugin.provideClusterInfo && { cluster }) };
    return JSON.stringify({ apiVersion: this.#plugin.apiVersion, kind: 'ExecCredential', spec });
  }

  /** The output holds secrets, so no part of it may go into an error. */
  #status(
    output: string,
  ): Record<'token' | 'clientCertificateData' | 'clientKeyData' | 'expirationTimestamp', string | undefined> {
    let answer: UnknownRecord;
    try {
      answer = recordOf(JSON.parse(output));
    } catch {
      throw this.#error('its output is not JSON');
    }
    if (answer['kind'] !== 'ExecCredential' || answer['apiVersion'] !== this.#plugin.apiVersion) {
      throw this.#error(`its output is not an ExecCredential of ${this.#plugin.apiVersion}`);
    }
    const status = recordOf(answer['status']);
    const read = (name: string): string | undefined => {
      // A program in Go leaves an empty field out, others write null or '': all of them mean that there is none.
      const value = status[name] ?? undefined;
      if (value !== undefined && typeof value !== 'string') throw this.#error(`status.${name} is not a string`);
      return value === '' ? undefined : value;
    };
    return {
      token: read('token'),
      clientCertificateData: read('clientCertificateData'),
      clientKeyData: read('clientKeyData'),
      expirationTimestamp: read('expirationTimestamp'),
    };
  }

  #error(problem: string, cause?: unknown): Error {
    return informerErrors.EXEC_CREDENTIAL(
      { command: this.#plugin.command, problem, hint: this.#plugin.installHint },
      { cause },
    );
  }
}
