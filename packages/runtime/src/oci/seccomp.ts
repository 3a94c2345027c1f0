import type { OciSeccomp } from './spec.js';

/** Permission denied, and not implemented, as a C library takes them. */
const errno = { EPERM: 1, ENOSYS: 38 };
/** The flags of clone(2) that make namespaces: all but the one for time. */
const namespaceFlags = 0x7e020000;

/**
 * Calls that reach the kernel itself rather than the container, by the capability that makes them acceptable; the empty name
 * is for those that none does.
 */
const guarded: readonly (readonly [capability: string, calls: readonly string[]])[] = [
  [
    'CAP_SYS_MODULE',
    ['init_module', 'finit_module', 'delete_module', 'create_module', 'query_module', 'get_kernel_syms'],
  ],
  ['CAP_SYS_BOOT', ['reboot', 'kexec_load', 'kexec_file_load']],
  ['CAP_SYS_RAWIO', ['iopl', 'ioperm']],
  [
    'CAP_SYS_TIME',
    ['settimeofday', 'stime', 'clock_settime', 'clock_settime64', 'clock_adjtime', 'clock_adjtime64', 'adjtimex'],
  ],
  ['CAP_SYS_PACCT', ['acct']],
  ['CAP_SYS_TTY_CONFIG', ['vhangup']],
  ['CAP_DAC_READ_SEARCH', ['open_by_handle_at']],
  [
    'CAP_SYS_NICE',
    ['mbind', 'set_mempolicy', 'get_mempolicy', 'move_pages', 'migrate_pages', 'set_mempolicy_home_node'],
  ],
  [
    'CAP_SYS_PTRACE',
    ['kcmp', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'lookup_dcookie'],
  ],
  [
    'CAP_SYS_ADMIN',
    [
      'mount',
      'umount',
      'umount2',
      'mount_setattr',
      'move_mount',
      'open_tree',
      'fsopen',
      'fsconfig',
      'fsmount',
      'fspick',
      'pivot_root',
      'setns',
      'unshare',
      'swapon',
      'swapoff',
      'quotactl',
      'quotactl_fd',
      'sethostname',
      'setdomainname',
      'perf_event_open',
      'bpf',
      'fanotify_init',
      'syslog',
      'nfsservctl',
    ],
  ],
  [
    '',
    [
      'add_key',
      'keyctl',
      'request_key',
      'userfaultfd',
      'io_uring_setup',
      'io_uring_enter',
      'io_uring_register',
      '_sysctl',
      'sysfs',
      'ustat',
      'uselib',
      'vm86',
      'vm86old',
    ],
  ],
];

/**
 * The profile of a container that asks for the runtime's default: calls that reach beyond the container fail with EPERM,
 * unless it has the capability for them.
 */
export function defaultSeccomp(capabilities: readonly string[]): OciSeccomp {
  const held = new Set(capabilities);
  const refused = guarded.filter(([capability]) => !held.has(capability)).flatMap(([, calls]) => calls);
  const deny = { action: 'SCMP_ACT_ERRNO', errnoRet: errno.EPERM };
  const syscalls: OciSeccomp['syscalls'] = held.has('CAP_SYS_ADMIN')
    ? []
    : [
        // The arguments of clone3 lie in memory, where a filter cannot look: programs fall back to clone.
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: errno.ENOSYS },
        ...namespaceBits().map((bit) => ({
          names: ['clone'],
          ...deny,
          args: [{ index: 0, value: bit, valueTwo: bit, op: 'SCMP_CMP_MASKED_EQ' }],
        })),
      ];
  return { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: refused, ...deny }, ...syscalls] };
}

/** A filter compares under a mask, so each flag needs a rule of its own. */
function namespaceBits(): number[] {
  return Array.from({ length: 31 }, (_value, bit) => 2 ** bit).filter((bit) => (namespaceFlags & bit) !== 0);
}
