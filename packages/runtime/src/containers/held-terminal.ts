import { readFile } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import type { OutputPump } from './output-pump.js';

/** How often it is looked whether a command has ended whose output nobody takes, in milliseconds. */
const lookAgain = 100;

/**
 * Lets a command on a terminal end whose client does not read. An OCI runtime passes the output on from the container's
 * terminal to ours, and collects the command only when it is done with that; as long as the command is not collected, the
 * kernel does not let the container end (cri-o#6699). So what has ended is read on, whether the client reads or not.
 *
 * @param pidFile - where the OCI runtime writes the command's process id.
 * @returns what is to be called whenever the client has no room.
 */
export function endHeldTerminal(pidFile: string, clock: Clock, over: AbortSignal): (pump: OutputPump) => void {
  let isLooking = false;
  const look = async (pump: OutputPump): Promise<void> => {
    isLooking = true;
    try {
      do {
        await clock.sleep(lookAgain, over);
        if (await hasEnded(pidFile)) pump.readOn();
      } while (pump.held !== undefined);
    } catch {
      // It is over.
    } finally {
      isLooking = false;
    }
  };
  return (pump) => {
    if (!isLooking && !over.aborted) void look(pump);
  };
}

/** Whether a process has ended, though nobody may have collected it yet. */
async function hasEnded(pidFile: string): Promise<boolean> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (!(pid > 0)) return false;
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  // The state comes after the name, which the command chooses.
  return 'ZX'.includes(text.charAt(text.lastIndexOf(')') + 2));
}
