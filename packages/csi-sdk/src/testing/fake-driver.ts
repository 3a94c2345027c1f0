/**
 * For tests of drivers and of what calls them: a driver in memory, mounts in memory, and the contract that every driver
 * keeps.
 */
import { Clock, Logger, Metrics, Plugin, inject } from '@kubewright/core';
import { CsiDriver } from '../driver/csi-driver.js';
import { FakeController } from './fake-controller.js';
import { FakeNode } from './fake-node.js';

/** A driver whose volumes are entries of a map: for tests of callers, and as the floor of what a call costs. */
@Plugin({ name: 'memory-csi-driver' })
export class FakeDriver extends CsiDriver {
  readonly name = 'memory.csi.kubewright.dev';
  readonly version = '0.1.0';
  override readonly controller: FakeController;
  override readonly node: FakeNode;

  constructor(@inject(Clock) clock: Clock, @inject(Logger) logger: Logger, @inject(Metrics) metrics: Metrics) {
    super(clock, logger, metrics);
    this.controller = new FakeController(clock);
    this.node = new FakeNode(this.controller);
  }
}
