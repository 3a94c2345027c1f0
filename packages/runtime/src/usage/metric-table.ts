/**
 * The metrics that a kubelet passes on in place of those it would collect itself: their names and labels are the ones that
 * dashboards know. Values are whole numbers, so that times are in full seconds.
 */

interface MetricEntry {
  readonly help: string;
  /** Labels beside those that all metrics have. */
  readonly labels?: readonly string[];
  /** Goes up and down. Default: it only grows. */
  readonly gauge?: boolean;
}

/** Labels of every metric. */
export const commonLabels = ['container', 'id', 'image', 'name', 'namespace', 'pod'] as const;

const device = { labels: ['device'] } as const;
const interfaces = { labels: ['interface'] } as const;
const level = { gauge: true } as const;

export const metricTable = {
  container_blkio_device_usage_total: {
    help: 'Bytes that were read from and written to a device',
    labels: ['device', 'major', 'minor', 'operation'],
  },
  container_cpu_cfs_periods_total: { help: 'Periods of the limit of processor time' },
  container_cpu_cfs_throttled_periods_total: { help: 'Periods in which the limit of processor time was met' },
  container_cpu_cfs_throttled_seconds_total: {
    help: 'Seconds that were waited because of the limit of processor time',
  },
  container_cpu_system_seconds_total: { help: 'Seconds of processor time in the kernel' },
  container_cpu_usage_seconds_total: { help: 'Seconds of processor time', labels: ['cpu'] },
  container_cpu_user_seconds_total: { help: 'Seconds of processor time outside of the kernel' },
  container_file_descriptors: { help: 'Files that the processes have open', ...level },
  container_fs_inodes_free: { help: 'Inodes that the file system has free', ...device, ...level },
  container_fs_inodes_total: { help: 'Inodes of the file system', ...device, ...level },
  container_fs_limit_bytes: { help: 'Bytes of the file system', ...device, ...level },
  container_fs_reads_bytes_total: { help: 'Bytes that were read', ...device },
  container_fs_reads_total: { help: 'Reads that were finished', ...device },
  container_fs_usage_bytes: { help: 'Bytes that the container has written and kept', ...device, ...level },
  container_fs_writes_bytes_total: { help: 'Bytes that were written', ...device },
  container_fs_writes_total: { help: 'Writes that were finished', ...device },
  container_hugetlb_max_usage_bytes: { help: 'Most bytes of huge pages in use so far', labels: ['pagesize'], ...level },
  container_hugetlb_usage_bytes: { help: 'Bytes of huge pages in use', labels: ['pagesize'], ...level },
  container_last_seen: { help: 'When the container was looked at, in seconds since 1970', ...level },
  container_memory_cache: { help: 'Bytes of the file cache', ...level },
  container_memory_failcnt: { help: 'How often the limit of memory was met' },
  container_memory_failures_total: { help: 'Page faults', labels: ['failure_type', 'scope'] },
  container_memory_kernel_usage: { help: 'Bytes that the kernel holds for the container', ...level },
  container_memory_mapped_file: { help: 'Bytes of files that are mapped', ...level },
  container_memory_max_usage_bytes: { help: 'Most bytes of memory in use so far', ...level },
  container_memory_rss: { help: 'Bytes of memory that no file stands behind', ...level },
  container_memory_swap: { help: 'Bytes that are swapped out', ...level },
  container_memory_usage_bytes: { help: 'Bytes of memory in use, the file cache among them', ...level },
  container_memory_working_set_bytes: { help: 'Bytes of memory that cannot be dropped at once', ...level },
  container_network_receive_bytes_total: { help: 'Bytes that were received', ...interfaces },
  container_network_receive_errors_total: { help: 'Errors while receiving', ...interfaces },
  container_network_receive_packets_dropped_total: { help: 'Received packets that were dropped', ...interfaces },
  container_network_receive_packets_total: { help: 'Packets that were received', ...interfaces },
  container_network_transmit_bytes_total: { help: 'Bytes that were sent', ...interfaces },
  container_network_transmit_errors_total: { help: 'Errors while sending', ...interfaces },
  container_network_transmit_packets_dropped_total: { help: 'Packets to be sent that were dropped', ...interfaces },
  container_network_transmit_packets_total: { help: 'Packets that were sent', ...interfaces },
  container_oom_events_total: { help: 'Processes that were killed for want of memory' },
  container_pressure_cpu_stalled_seconds_total: { help: 'Seconds in which all processes waited for a processor' },
  container_pressure_cpu_waiting_seconds_total: { help: 'Seconds in which some process waited for a processor' },
  container_pressure_io_stalled_seconds_total: { help: 'Seconds in which all processes waited for a device' },
  container_pressure_io_waiting_seconds_total: { help: 'Seconds in which some process waited for a device' },
  container_pressure_memory_stalled_seconds_total: { help: 'Seconds in which all processes waited for memory' },
  container_pressure_memory_waiting_seconds_total: { help: 'Seconds in which some process waited for memory' },
  container_processes: { help: 'Processes', ...level },
  container_sockets: { help: 'Sockets that the processes have open', ...level },
  container_spec_cpu_period: { help: 'Microseconds of a period of the limit of processor time', ...level },
  container_spec_cpu_quota: { help: 'Microseconds of processor time in each period', ...level },
  container_spec_cpu_shares: { help: 'Weight of the container among others', ...level },
  container_spec_memory_limit_bytes: { help: 'Bytes that the container may use; 0 for no limit', ...level },
  container_spec_memory_reservation_limit_bytes: { help: 'Bytes that are kept for the container', ...level },
  container_spec_memory_swap_limit_bytes: { help: 'Bytes of memory and swap together; 0 for no limit', ...level },
  container_start_time_seconds: { help: 'When the container was started, in seconds since 1970', ...level },
  container_threads: { help: 'Threads', ...level },
  container_threads_max: { help: 'Threads that there may be; 0 for no limit', ...level },
  container_ulimits_soft: { help: 'Limits of the first process', labels: ['ulimit'], ...level },
} as const satisfies Readonly<Record<string, MetricEntry>>;

export type MetricName = keyof typeof metricTable;

export function labelsOf(name: MetricName): readonly string[] {
  const entry: MetricEntry = metricTable[name];
  return [...commonLabels, ...(entry.labels ?? [])];
}

export function isGauge(name: MetricName): boolean {
  const entry: MetricEntry = metricTable[name];
  return entry.gauge ?? false;
}
