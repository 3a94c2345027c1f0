import { describeCliCommandContract } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { runtimeCommands } from './commands.js';

for (const command of runtimeCommands) describeCliCommandContract({ describe, it }, command);
