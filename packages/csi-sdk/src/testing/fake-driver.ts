/**
 * For tests of drivers and of what calls them: a driver in memory, mounts in memory, and the contract that every driver
 * keeps.
 */
import { Clock, Logger, Metrics, Plugin, inject } from '@kubewright/core';
import { CsiDriver } from '../driver/csi-driver.js';
import { MemoryController } from './memory-controller.js';
import { MemoryNode } from './memory-node.js';

/** A driver whose volumes are entries of a map: for tests of callers, and as the floor of what a call costs. */
@Plugin({ name: 'memory-csi-driver' })
export class MemoryDriver extends CsiDriver {
  readonly name = 'memory.csi.kubewright.dev';
  readonly version = '0.1.0';
  override readonly controller: MemoryController;
  override readonly node: MemoryNode;

  constructor(@inject(Clock) clock: Clock, @inject(Logger) logger: Logger, @inject(Metrics) metrics: Metrics) {
    super(clock, logger, metrics);
    this.controller = new MemoryController(clock);
    this.node = new MemoryNode(this.controller);
  }
}
