import { readFile } from 'node:fs/promises';

/** A line of `/proc/PID/mountinfo`. */
export interface MountInfo {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the device. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** Peer group it sends mounts to and receives them from. */
  readonly shared?: number;
  /** Peer group it only receives mounts from. */
  readonly master?: number;
  readonly unbindable: boolean;
  readonly fileSystem: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** The mounts that a process sees. @param pid - Default: this process. */
export async function readMounts(pid: number | 'self' = 'self'): Promise<MountInfo[]> {
  return parseMountInfo(await readFile(`/proc/${pid}/mountinfo`, 'utf8'));
}

/** Reads the text of a mountinfo file. Lines that are cut short are left out: the table may change while it is read. */
export function parseMountInfo(text: string): MountInfo[] {
  return text.split('\n').flatMap((line) => {
    const parsed = parseLine(line);
    return parsed === undefined ? [] : [parsed];
  });
}

/** The mount that a path lies in, the newest one where several lie on each other. */
export function mountOf(mounts: readonly MountInfo[], path: string): MountInfo | undefined {
  let best: MountInfo | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const inside = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (inside && (best === undefined || mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  return best;
}

function parseLine(line: string): MountInfo | undefined {
  const fields = line.split(' ');
  // The optional fields before the lone dash vary in number.
  const dash = fields.indexOf('-', 6);
  const [id, parentId, device, root, mountPoint, options] = fields;
  const [fileSystem, source, superOptions] = dash === -1 ? [] : fields.slice(dash + 1);
  if (options === undefined || fileSystem === undefined || source === undefined || superOptions === undefined)
    return undefined;
  const optional = fields.slice(6, dash);
  const shared = peerGroup(optional, 'shared');
  const master = peerGroup(optional, 'master');
  return {
    id: Number(id),
    parentId: Number(parentId),
    device: device ?? '',
    root: unescapeField(root ?? ''),
    mountPoint: unescapeField(mountPoint ?? ''),
    options: options.split(','),
    ...(shared === undefined ? {} : { shared }),
    ...(master === undefined ? {} : { master }),
    unbindable: optional.includes('unbindable'),
    fileSystem,
    source: unescapeField(source),
    superOptions: superOptions.split(',').map(unescapeField),
  };
}

function peerGroup(optional: readonly string[], tag: string): number | undefined {
  const field = optional.find((one) => one.startsWith(`${tag}:`));
  return field === undefined ? undefined : Number(field.slice(tag.length + 1));
}

/** The kernel writes space, tab, newline and backslash as three octal digits of each byte. */
function unescapeField(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = Buffer.from(text);
  const out: number[] = [];
  for (let index = 0; index < bytes.length; index += 1) {
    const octal = bytes[index] === 0x5c ? /^\\([0-7]{3})/.exec(bytes.toString('latin1', index, index + 4)) : null;
    out.push(octal === null ? (bytes[index] ?? 0) : Number.parseInt(octal[1] ?? '', 8));
    if (octal !== null) index += 3;
  }
  return Buffer.from(out).toString();
}
