/**
 * The pods that the cases look at, by name. All are placed at once, so that what one has to wait for does not hold up the
 * others. Images are the judged machine's stand-ins; a mirror for every host serves them.
 */
import type { Container, PodSpec } from '@kubewright/api/core/v1';

const shellImage = 'judged.example/e2e-test-images/busybox:1.29-2';
const webImage = 'judged.example/e2e-test-images/httpd:2.4.39-4';
const forever = 'trap "exit 0" TERM; while true; do sleep 0.1; done';

/** @param shared - a directory of the machine that pods write to. */
export function staticPods(shared: string): Readonly<Record<string, PodSpec>> {
  const host = { name: 'host', hostPath: { path: shared } };
  const scratch = { name: 'scratch', emptyDir: {} };
  return {
    ordered: {
      initContainers: [
        shell('first', 'echo first >> /scratch/order', { volumeMounts: [at('scratch')] }),
        shell('second', 'echo second >> /scratch/order', { volumeMounts: [at('scratch')] }),
      ],
      containers: [shell('app', `cat /scratch/order; ${forever}`, { volumeMounts: [at('scratch')] })],
      volumes: [scratch],
    },
    web: {
      containers: [
        { name: 'app', image: webImage, readinessProbe: { httpGet: { port: 80, path: '/' }, periodSeconds: 1 } },
      ],
    },
    unready: {
      containers: [
        { name: 'app', image: webImage, readinessProbe: { httpGet: { port: 81, path: '/' }, periodSeconds: 1 } },
      ],
    },
    unwell: {
      containers: [
        shell('app', `touch /tmp/well; sleep 2; rm /tmp/well; ${forever}`, {
          livenessProbe: {
            exec: { command: ['test', '-f', '/tmp/well'] },
            periodSeconds: 1,
            failureThreshold: 1,
            initialDelaySeconds: 1,
          },
        }),
      ],
      terminationGracePeriodSeconds: 1,
    },
    failing: { containers: [shell('app', 'echo about to fail; exit 7')], restartPolicy: 'Always' },
    failed: { containers: [shell('app', 'exit 3')], restartPolicy: 'Never' },
    done: { containers: [shell('app', 'exit 0')], restartPolicy: 'OnFailure' },
    volumes: {
      containers: [
        shell('writer', `echo written > /scratch/file; echo kept > /host/file; ${forever}`, {
          volumeMounts: [at('scratch'), at('host')],
        }),
        shell('reader', `until cat /scratch/file && grep -q memory /proc/mounts; do sleep 0.1; done; ${forever}`, {
          volumeMounts: [at('scratch', { readOnly: true }), at('memory')],
        }),
      ],
      volumes: [scratch, host, { name: 'memory', emptyDir: { medium: 'Memory' } }],
    },
    hooks: {
      containers: [
        shell('app', forever, {
          volumeMounts: [at('host')],
          lifecycle: {
            postStart: { exec: { command: ['sh', '-c', 'echo started > /host/post-start'] } },
            preStop: { exec: { command: ['sh', '-c', 'echo stopping > /host/pre-stop'] } },
          },
        }),
      ],
      volumes: [host],
      terminationGracePeriodSeconds: 5,
    },
    talking: {
      containers: [shell('app', 'echo one; echo two >&2; echo three; cat', { stdin: true })],
    },
    withoutv6: {
      initContainers: [
        shell('sysctl', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6', { securityContext: { privileged: true } }),
      ],
      containers: [shell('app', `cat /proc/sys/net/ipv6/conf/all/disable_ipv6; ${forever}`)],
    },
  };
}

function shell(name: string, script: string, more: Partial<Container> = {}): Container {
  return { name, image: shellImage, command: ['sh', '-c', script], ...more };
}

function at(
  name: string,
  more: { readonly readOnly?: boolean } = {},
): { name: string; mountPath: string; readOnly?: boolean } {
  return { name, mountPath: `/${name}`, ...more };
}
